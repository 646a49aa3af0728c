"""`.python-version`: what is accepted, and the exact words for everything that is not."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from buildpack_api.errors import ConfigurationError
from python_runtime.versions import version_file

if TYPE_CHECKING:
    from buildpack_common.runtimes_catalogue import RuntimesCatalogue
    from python_runtime.versions.request import PythonRequest


def read(content: bytes, catalogue: RuntimesCatalogue, folder: Path) -> PythonRequest:
    path = folder / ".python-version"
    path.write_bytes(content)
    return version_file.read(path, catalogue)


@pytest.mark.parametrize(
    ("content", "pinned"),
    [
        (b"3.12", "3.12"),
        (b"3.12\n", "3.12"),
        (b"3.12.4\n", "3.12.4"),
        (b"3.12\r\n", "3.12"),
        (b"3.12\r", "3.12"),
        (b"\r\n\r\n3.12\r\n\r\n", "3.12"),
        (b"  \t3.12 \t\n", "3.12"),
        (b"# a comment\n\n3.12\n# another\n", "3.12"),
        (b"   # 3.11\n3.12\n", "3.12"),
        ("# Umlaut: ä\n3.12\n".encode(), "3.12"),
    ],
)
def test_one_version_is_found_among_blanks_and_comments(
    content: bytes, pinned: str, catalogue: RuntimesCatalogue, tmp_path: Path
) -> None:
    request = read(content, catalogue, tmp_path)

    assert request.pinned == pinned
    assert request.source == ".python-version"


# What is in the file, the title after the file's name, a part of the detail, and the line to write.
FAULTS = [
    (b"", "holds no version", "It is empty", "3.14"),
    (b"\n  \n", "holds no version", "It is empty", "3.14"),
    (b"# 3.12\n", "holds no version", "nothing but comments", "3.14"),
    (b"3.12\n3.11\n", "holds more than one version", "  3.12\n  3.11", "3.12"),
    (b"3.9\n3.11\n", "holds more than one version", "  3.9\n  3.11", "3.14"),
    (b"1\n2\n3\n4\n5\n6\n7\n", "holds more than one version", "and 2 more", "3.14"),
    (b"\xef\xbb\xbf3.12\n", "begins with a byte order mark", "EF BB BF", "3.12"),
    ("3.12\n".encode("utf-16"), "is encoded in UTF-16", "PowerShell", "3.12"),
    ("3.12\n".encode("utf-16-le"), "is encoded in UTF-16", "PowerShell", "3.12"),
    ("3.12\n".encode("utf-32"), "is encoded in UTF-32", "", "3.12"),
    (b"3.12 \xe4\n", "is not encoded in UTF-8", "Line 1 holds the byte 0xE4", "3.12"),
    (b"# ok\n\xff3.12\n", "is not encoded in UTF-8", "Line 2 holds the byte 0xFF", "3.12"),
    ("3.12\u200b\n".encode(), "holds characters that cannot be seen", "Found: 3.12<U+200B>", "3.12"),
    ("3\u00a012\n".encode(), "holds characters that cannot be seen", "U+00A0 NO-BREAK SPACE", "3.14"),
    ("\u00ad3.12\n".encode(), "holds characters that cannot be seen", "U+00AD SOFT HYPHEN", "3.12"),
    (b"3.12\x00\n", "holds characters that cannot be seen", "Found: 3.12<U+0000>", "3.12"),
    (b"3.12\x1b[0m\n", "holds characters that cannot be seen", "Found: 3.12<U+001B>[0m", "3.12"),
    ("3.12\u2028\n".encode(), "holds characters that cannot be seen", "LINE SEPARATOR", "3.12"),
    (b"python-3.12\n", "holds no valid version", "without a prefix", "3.12"),
    (b"Python 3.12.4\n", "holds no valid version", "without a prefix", "3.12"),
    (b"cpython-3.12.4\n", "holds no valid version", "without a prefix", "3.12"),
    (b"cpython@3.12\n", "holds no valid version", "without a prefix", "3.12"),
    (b"v3.12\n", "holds no valid version", "without a prefix", "3.12"),
    (b"pypy3.10-7.3.15\n", "holds no valid version", "CPython only", "3.10"),
    (b"miniconda3-latest\n", "holds no valid version", "CPython only", "3.14"),
    (b"system\n", "holds no valid version", "'system'", "3.14"),
    (b"latest\n", "holds no valid version", "which line", "3.14"),
    (b"3.12 # note\n", "holds no valid version", "line of its own", "3.12"),
    (b'"3.12"\n', "holds no valid version", "without quotes", "3.12"),
    (b"'3.12'\n", "holds no valid version", "without quotes", "3.12"),
    ("\u201c3.12\u201d\n".encode(), "holds no valid version", "without quotes", "3.12"),
    (b"3.12.*\n", "holds no valid version", "Wildcards", "3.12"),
    (b"3.12.x\n", "holds no valid version", "Wildcards", "3.12"),
    (b"3.x\n", "holds no valid version", "Wildcards", "3.14"),
    (b"*\n", "holds no valid version", "which line", "3.14"),
    (b"3.13t\n", "holds no valid version", "free-threaded", "3.13"),
    (b"3.13.0rc1\n", "holds no valid version", "Pre-releases", "3.13"),
    (b"3.15-dev\n", "holds no valid version", "Pre-releases", "3.15"),
    (b">=3.12\n", "holds no valid version", '[project]: requires-python = ">=3.12"', "3.14"),
    (b">=3.10,<3.13\n", "holds no valid version", 'requires-python = ">=3.10,<3.13"', "3.12"),
    (b">=3.16\n", "holds no valid version", "A range", "3.14"),
    (b"~=3.12\n", "holds no valid version", "A range", "3.14"),
    (b"^3.12\n", "holds no valid version", 'requires-python = ">=3.12,<4"', "3.14"),
    (b"~3.10 || ^3.12\n", "holds no valid version", "A range", "3.14"),
    (b"3.12.1,3.13\n", "holds no valid version", "A range", "3.12"),
    (b"==3.12.4\n", "holds no valid version", "A range", "3.12"),
    (b"3\n", "holds no valid version", "minor version is missing", "3.14"),
    (b"3.12.1.2\n", "holds no valid version", "more than three parts", "3.12"),
    (b"03.12\n", "holds no valid version", "begin with a zero", "3.12"),
    (b"3.012\n", "holds no valid version", "begin with a zero", "3.12"),
    (b"3.12.01\n", "holds no valid version", "begin with a zero", "3.12"),
    (b"3.12 3.11\n", "holds no valid version", "two versions on one line", "3.12"),
    (b"3. 12\n", "holds no valid version", "blank in the version", "3.14"),
    (b"3..12\n", "holds no valid version", "two or three numbers", "3.14"),
    (b"3.12.\n", "holds no valid version", "two or three numbers", "3.12"),
    (b"my-project-3.12\n", "holds no valid version", "two or three numbers", "3.12"),
    (b"3,12\n", "holds no valid version", "must have dots between", "3.12"),
    (b"3.13+freethreaded\n", "holds no valid version", "free-threaded", "3.13"),
    ("\u0663.\u0661\u0662\n".encode(), "holds no valid version", "U+0663 ARABIC-INDIC DIGIT THREE", "3.12"),
    ("\uff13.12\n".encode(), "holds no valid version", "U+FF13 FULLWIDTH DIGIT THREE", "3.12"),
    (
        b"<<<<<<< HEAD\n3.12\n=======\n3.13\n>>>>>>> x\n",
        "holds more than one version",
        "<<<<<<< HEAD",
        "3.12",
    ),
    (b"3." + b"1" * 300, "holds no valid version", "1...", "3.14"),
    (b"3.99\n3.98", "holds more than one version", "3.99", "3.14"),
    (b"#" * 70000, "is too long to be a version file", "", "3.14"),
]


@pytest.mark.parametrize("case", FAULTS, ids=lambda case: repr(case[0][:20]))
def test_each_fault_has_its_own_words_and_shows_what_to_write(
    case: tuple[bytes, str, str, str], catalogue: RuntimesCatalogue, tmp_path: Path
) -> None:
    content, fault, detail, line = case
    with pytest.raises(ConfigurationError) as caught:
        read(content, catalogue, tmp_path)

    assert caught.value.title == f".python-version {fault}"
    assert detail in caught.value.detail
    assert caught.value.advice.splitlines()[-1] == line


def test_a_directory_of_that_name_is_named_as_such(catalogue: RuntimesCatalogue, tmp_path: Path) -> None:
    (tmp_path / ".python-version").mkdir()

    with pytest.raises(ConfigurationError, match="is a directory"):
        version_file.read(tmp_path / ".python-version", catalogue)


def test_a_dangling_link_names_its_target(catalogue: RuntimesCatalogue, tmp_path: Path) -> None:
    (tmp_path / ".python-version").symlink_to("../versions/python")

    with pytest.raises(ConfigurationError, match=r"is a link to \.\./versions/python, which leads nowhere"):
        version_file.read(tmp_path / ".python-version", catalogue)


def test_a_pipe_is_not_waited_for(catalogue: RuntimesCatalogue, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / ".python-version")

    with pytest.raises(ConfigurationError, match="is not a regular file"):
        version_file.read(tmp_path / ".python-version", catalogue)


def test_an_unfinished_merge_is_called_so(catalogue: RuntimesCatalogue, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(b"<<<<<<< HEAD\n3.12\n=======\n3.13\n>>>>>>> main\n", catalogue, tmp_path)

    assert caught.value.advice.startswith("It holds the marks of a merge that is not finished.\n")


@pytest.mark.usefixtures("file_modes_count")
def test_a_file_without_permission_cannot_be_read(catalogue: RuntimesCatalogue, tmp_path: Path) -> None:
    (tmp_path / ".python-version").touch(0o000)

    with pytest.raises(ConfigurationError, match="Permission denied"):
        version_file.read(tmp_path / ".python-version", catalogue)


near_misses = st.text(alphabet="0123456789. \t\r\n#*x\"'pythonv-=<>~^\u200b\ufeff\u00a0", max_size=30)
contents = st.binary(max_size=60) | near_misses.map(lambda text: text.encode("utf-8"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(content=contents)
@example(content=b"3.1\n3.2")
@example(content="3.12\ufeff".encode())
def test_any_content_is_a_version_or_an_error_whose_advice_works(
    content: bytes, catalogue: RuntimesCatalogue
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            request = read(content, catalogue, Path(folder))
        except ConfigurationError as error:
            shown = f"{error.title}\n{error.detail}\n{error.advice}"
            assert all(char.isprintable() or char == "\n" for char in shown)
            advised = read(error.advice.splitlines()[-1].encode(), catalogue, Path(folder))
            assert any(advised.allows(runtime.version) for runtime in catalogue.runtimes)
        else:
            assert re.fullmatch(r"\d+\.\d+(\.\d+)?", request.pinned)
            assert request.pinned.encode() in content
