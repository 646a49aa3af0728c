"""`runtime.txt` is read, with advice to move on; that of another language is left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_api.errors import ConfigurationError
from python_runtime.versions import runtime_txt

if TYPE_CHECKING:
    from pathlib import Path

    from buildpack_common.runtimes_catalogue import RuntimesCatalogue


@pytest.mark.parametrize(
    ("content", "pinned"),
    [
        (b"python-3.12.4\n", "3.12.4"),
        (b"python-3.12", "3.12"),
        (b"3.12.4\n", "3.12.4"),
        (b"\xef\xbb\xbfpython-3.12\r\n", "3.12"),
    ],
)
def test_a_version_is_read(content: bytes, pinned: str, catalogue: RuntimesCatalogue, tmp_path: Path) -> None:
    (tmp_path / "runtime.txt").write_bytes(content)

    request = runtime_txt.read(tmp_path / "runtime.txt", catalogue)

    assert request is not None
    assert request.pinned == pinned
    assert runtime_txt.advice(request).splitlines()[-1] == pinned


@pytest.mark.parametrize(
    ("content", "detail", "line"),
    [
        (b"", "It is empty.", "3.14"),
        (b"python-3", "Found: python-3\nThe minor version is missing.", "3.14"),
        (b"python-3.12.x", "Found: python-3.12.x\nWildcards are not allowed", "3.12"),
        (b"Python-3.12", "Found: Python-3.12\nThe version must be given without a prefix.", "3.12"),
        (b"pypy3.10-7.3.15", "Found: pypy3.10-7.3.15\nThis buildpack provides CPython only.", "3.10"),
        ("python-3.12\u200b".encode(), "Found: python-3.12<U+200B>\nThey cannot be seen", "3.12"),
        (b"python-3.12\npython-3.11", "more than one line, and begins with: python-3.12", "3.12"),
        (b"# ours\npython-3.12.4", "more than one line, and begins with: # ours", "3.12"),
        (b"python 3.12.4", "Found: python 3.12.4\n", "3.12"),
    ],
)
def test_a_fault_is_shown_with_what_to_write(
    content: bytes, detail: str, line: str, catalogue: RuntimesCatalogue, tmp_path: Path
) -> None:
    (tmp_path / "runtime.txt").write_bytes(content)

    with pytest.raises(ConfigurationError, match="holds no valid version") as caught:
        runtime_txt.read(tmp_path / "runtime.txt", catalogue)

    assert detail in caught.value.detail
    assert caught.value.advice.splitlines()[-1] == line


def test_another_language_has_its_own_runtime_txt(catalogue: RuntimesCatalogue, tmp_path: Path) -> None:
    (tmp_path / "runtime.txt").write_text("r-2024-05-01\n")

    assert runtime_txt.read(tmp_path / "runtime.txt", catalogue) is None


def test_bytes_that_are_no_text_are_refused(catalogue: RuntimesCatalogue, tmp_path: Path) -> None:
    (tmp_path / "runtime.txt").write_bytes("python-3.12".encode("utf-16"))

    with pytest.raises(ConfigurationError, match="not encoded in UTF-8") as caught:
        runtime_txt.read(tmp_path / "runtime.txt", catalogue)

    assert caught.value.advice.splitlines()[-1] == "3.12"
