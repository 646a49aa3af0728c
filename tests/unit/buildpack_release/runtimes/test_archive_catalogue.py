"""Reading catalogues of runtimes, and showing them."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from buildpack_release.errors import CheckFailed
from buildpack_release.model.targets import DeclaredTarget
from buildpack_release.model.toml_source import TomlSource
from buildpack_release.runtimes.archive_catalogue import ArchiveCatalogue, spans
from buildpack_release.runtimes.catalogue_report import show, show_data

HEAD = """\
schema = 1
default = "3.13"
bases = ["https://host.example/releases"]

[lines."3.9"]
end-of-life = 2025-10-31

[lines."3.13"]
end-of-life = 2029-10-31
"""


def row(version: str, arch: str = "amd64", **changes: str) -> str:
    values = {
        "version": version, "os": "linux", "arch": arch, "libc": "gnu", "tag": "1",
        "path": f"1/{version}-{arch}.tar.gz", "sha256": "ab" * 32, **changes,
    }  # fmt: skip
    return "\n[[runtime]]\n" + "".join(f'{key} = "{value}"\n' for key, value in values.items())


def parse(text: str) -> ArchiveCatalogue:
    return ArchiveCatalogue.parse(TomlSource.parse(text, Path("runtimes.toml")))


SAMPLE = HEAD + row("3.13.10") + row("3.13.9", "arm64") + row("3.9.1") + row("3.13.11", libc="musl")


def test_archives_are_sorted_by_version_and_other_c_libraries_passed_over() -> None:
    catalogue = parse(SAMPLE)
    assert [(one.text, one.arch) for one in catalogue.archives] == [
        ("3.9.1", "amd64"),
        ("3.13.9", "arm64"),
        ("3.13.10", "amd64"),
    ]
    assert catalogue.targets == (DeclaredTarget("linux", "amd64"), DeclaredTarget("linux", "arm64"))


def test_system_and_c_library_need_not_be_said() -> None:
    text = row("3.13.10").replace('os = "linux"\n', "").replace('libc = "gnu"\n', "")

    assert parse(HEAD + text).archives == parse(HEAD + row("3.13.10")).archives


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        (SAMPLE.replace("schema = 1", "schema = 2"), "not a catalogue of runtimes: schema is 2, not 1", 1),
        (
            SAMPLE.replace('default = "3.13"', 'default = "3.12"'),
            "default is '3.12', and there is no runtime",
            2,
        ),
        (HEAD.replace("2029-10-31", '"soon"') + row("3.13.1"), r'\[lines."3\.13"\] needs a date', None),
        (HEAD + row("3.12.1"), r"'3\.12\.1' is not X\.Y\.Z of one of the", 12),
        (HEAD + row("3.13.01"), r"'3\.13\.01' is not X\.Y\.Z", 12),
        (HEAD + row("3.13.1", sha256="AB" * 32), "not 64 lower-case hex digits", 18),
        (HEAD + row("3.13.1", path="../x"), "is not relative", 17),
        (HEAD + row("3.13.1") * 2, "there are two runtimes linux/amd64/gnu of version 3.13.1", 21),
        (HEAD.replace('["https', '[1, "https') + row("3.13.1"), "not a list of strings", 3),
    ],
)
def test_what_is_no_catalogue_is_named_with_its_line(text: str, message: str, line: int | None) -> None:
    with pytest.raises(CheckFailed, match=message) as caught:
        parse(text)
    assert caught.value.file == Path("runtimes.toml")
    assert line is None or caught.value.line == line


def test_versions_of_a_line_are_listed_with_their_gaps() -> None:
    rows = "".join(row(f"3.13.{patch}") for patch in (1, 3, 4, 5, 9, 11, 10))

    assert spans(parse(HEAD + rows).archives) == "3.13.1, 3.13.3 to 3.13.5, 3.13.9 to 3.13.11"


def test_the_table_has_a_row_for_each_line_newest_first() -> None:
    text = show(parse(SAMPLE), dt.date(2029, 1, 1))
    assert [" ".join(one.split()) for one in text.splitlines()] == [
        "LINE END OF LIFE NEWEST VERSIONS ARCHIVES TARGETS",
        "3.13 (default) 2029-10-31 ends within a year 3.13.10 2 2 linux/amd64 linux/arm64",
        "3.9 2025-10-31 ended 3.9.1 1 1 linux/amd64",
    ]


def test_the_data_are_plain_and_name_all_versions() -> None:
    data = json.loads(json.dumps(show_data(parse(SAMPLE))))
    assert (data["default"], data["lines"][0]["versions"]) == ("3.13", ["3.13.9", "3.13.10"])
    assert data["lines"][1] == {
        "line": "3.9",
        "default": False,
        "end-of-life": "2025-10-31",
        "newest": "3.9.1",
        "versions": ["3.9.1"],
        "archives": 1,
        "targets": ["linux/amd64"],
    }
