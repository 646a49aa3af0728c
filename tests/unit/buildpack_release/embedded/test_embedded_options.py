from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from buildpack_release.embedded.embedded_options import parse_interpreters, parse_offline
from buildpack_release.errors import UsageError
from buildpack_release.model.targets import DeclaredTarget
from buildpack_release.runtimes.archive_selection import RuntimeSelection

if TYPE_CHECKING:
    from pathlib import Path

AMD, ARM = DeclaredTarget("linux", "amd64"), DeclaredTarget("linux", "arm64")


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A file whose name has an equals sign, as a user may have it."""
    path = tmp_path / "a=b.tar.gz"
    path.touch()
    return path


def test_a_target_with_each_archive(archive: Path) -> None:
    """As many as one likes."""
    values = [f"linux/amd64={archive}", f"linux/arm64={archive}"]
    assert parse_interpreters(values, []) == {AMD: archive, ARM: archive}
    assert parse_interpreters([], [AMD]) == {}


def test_one_archive_for_the_one_target(archive: Path) -> None:
    """No need to say the target twice."""
    assert parse_interpreters([str(archive)], [ARM]) == {ARM: archive}


@pytest.mark.parametrize("targets", [[], [AMD, ARM]])
def test_an_archive_for_an_unclear_target(archive: Path, targets: list[DeclaredTarget]) -> None:
    """Which is not guessed."""
    with pytest.raises(UsageError, match="not clear which target"):
        parse_interpreters([str(archive)], targets)


def test_other_mistakes(archive: Path) -> None:
    """Each is told."""
    with pytest.raises(UsageError, match="two interpreters are given for linux/amd64"):
        parse_interpreters([f"linux/amd64={archive}"] * 2, [])
    with pytest.raises(UsageError, match="does not exist"):
        parse_interpreters(["linux/amd64=none.tar.gz"], [])
    with pytest.raises(UsageError, match="no interpreter is given for linux/arm64"):
        parse_interpreters([f"linux/amd64={archive}"], [AMD, ARM])
    with pytest.raises(UsageError, match='Images call it "amd64"'):
        parse_interpreters([f"linux/x86_64={archive}"], [])


def test_offline_packages(tmp_path: Path) -> None:
    """The day of SOURCE_DATE_EPOCH makes the default choice reproducible."""
    own = tmp_path / "own.toml"
    own.touch()
    epoch = {"SOURCE_DATE_EPOCH": "1700000000"}
    assert parse_offline((), "", {}, offline=False) is None
    assert parse_offline(["3.13"], str(own), epoch, offline=True) == RuntimeSelection(
        dt.date(2023, 11, 14), ("3.13",), own
    )
    for pythons, path, offline, message in (
        (["3.13"], "", False, "for offline packages"),
        ([], "x", False, "for offline packages"),
        (["3"], "", True, "no Python version"),
        (["3.13,3.14"], "", True, "no Python version"),
        ([], str(tmp_path / "missing"), True, "does not exist"),
    ):
        with pytest.raises(UsageError, match=message):
            parse_offline(pythons, path, {}, offline=offline)
