"""The choice of archives from a catalogue."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from buildpack_release.errors import CheckFailed, UsageError
from buildpack_release.model.targets import DeclaredTarget
from buildpack_release.model.toml_source import TomlSource
from buildpack_release.runtimes.archive_catalogue import ArchiveCatalogue
from buildpack_release.runtimes.archive_selection import RuntimeSelection, choose

AMD, ARM = DeclaredTarget("linux", "amd64"), DeclaredTarget("linux", "arm64")
DAY = dt.date(2026, 11, 22)
ENDED = {"3.10": "2026-10-31", "3.13": "2029-10-31", "3.14": "2030-10-31"}
VERSIONS = (("3.10.20", AMD), ("3.13.9", AMD), ("3.13.10", AMD), ("3.14.2", AMD), ("3.14.1", ARM))


def catalogue() -> ArchiveCatalogue:
    lines = "".join(f'[lines."{line}"]\nend-of-life = {end}\n' for line, end in ENDED.items())
    rows = "".join(
        f'[[runtime]]\nversion = "{version}"\nos = "linux"\narch = "{target.arch}"\nlibc = "gnu"\n'
        f'tag = "1"\npath = "1/{version}"\nsha256 = "{"ab" * 32}"\n'
        for version, target in VERSIONS
    )
    text = f'schema = 1\ndefault = "3.14"\nbases = []\n{lines}{rows}'
    return ArchiveCatalogue.parse(TomlSource.parse(text, Path("runtimes.toml")))


def chosen(*pythons: str, target: DeclaredTarget = AMD, day: dt.date = DAY) -> list[str]:
    return [archive.text for archive in choose(catalogue(), target, RuntimeSelection(day, pythons))]


def test_by_default_the_newest_patch_of_each_line_that_has_not_ended() -> None:
    assert chosen() == ["3.13.10", "3.14.2"]
    assert chosen(day=dt.date(2026, 10, 31)) == ["3.10.20", "3.13.10", "3.14.2"]
    assert chosen(target=ARM) == ["3.14.1"]


def test_lines_and_versions_can_be_named() -> None:
    """Ended ones too; each archive is there once."""
    assert chosen("3.13", "3.10", "3.13.10") == ["3.10.20", "3.13.10"]
    assert chosen("3.13.9") == ["3.13.9"]


@pytest.mark.parametrize(
    ("python", "target", "detail"),
    [
        ("3.13.11", AMD, "Of that line there are: 3.13.9 to 3.13.10."),
        ("3.12", AMD, "Known lines: 3.10, 3.13, 3.14."),
        ("3.14.2", ARM, "Of that line there are: 3.14.1."),
    ],
)
def test_what_there_is_not_is_named_with_what_there_is(
    python: str, target: DeclaredTarget, detail: str
) -> None:
    with pytest.raises(UsageError, match=f'no Python "{python}" for {target}') as caught:
        chosen(python, target=target)
    assert caught.value.detail == detail


def test_nothing_to_carry_is_an_error() -> None:
    with pytest.raises(UsageError, match="no Python for linux/s390x"):
        chosen(target=DeclaredTarget("linux", "s390x"))
    with pytest.raises(CheckFailed, match="every line of Python has reached its end of life"):
        chosen(day=dt.date(2040, 1, 1))
