from __future__ import annotations

from pathlib import Path

import pytest

from buildpack_release.versions.bump_command import bump, preview
from buildpack_release.versions.inference import KindChoice
from buildpack_release.versions.replacement import is_pending
from support.versioned_repository import contents, entry, versioned

DATE = "2026-02-03"
NONE = KindChoice()


class KilledError(BaseException):
    pass


def test_a_bump_says_what_it_does(tmp_path: Path) -> None:
    """And what comes next."""
    versioned(tmp_path, {"acme/a": entry("Removed")}, version="0.1.0")
    said: list[str] = []
    assert len(bump(tmp_path, DATE, NONE, report=said.append)) == 6
    assert said[1].split() == ["acme/a", "0.1.0", "0.2.0", "minor", "Removed"]
    assert "While a version is 0.y.z, a breaking change raises y" in "\n".join(said)
    assert said[-1].endswith("inv release publishes it and sets v0.2.0")


def test_nothing_unreleased(tmp_path: Path) -> None:
    """Said, and nothing is written."""
    versioned(tmp_path)
    before, said = contents(tmp_path), list[str]()
    assert bump(tmp_path, DATE, NONE, report=said.append) == ()
    assert said == ["Nothing is Unreleased: there is nothing to release."]
    assert contents(tmp_path) == before


def test_a_preview_writes_nothing(tmp_path: Path) -> None:
    """It is the diff of the bump."""
    versioned(tmp_path, {"acme/a": entry("Fixed")})
    before = contents(tmp_path)
    diff = preview(tmp_path, DATE, NONE, report=lambda _: None)
    assert diff.count('+version = "1.0.1"') == 5
    assert contents(tmp_path) == before


def test_an_interrupted_bump_is_completed_and_no_second_one_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever kind and day the second call asks for."""
    for name in ("whole", "broken"):
        (tmp_path / name).mkdir()
        versioned(tmp_path / name, {"acme/a": entry("Fixed")})
    bump(tmp_path / "whole", DATE, NONE, report=lambda _: None)
    replace, count = Path.replace, 0

    def fail_at_fourth(self: Path, target: Path) -> Path:
        nonlocal count
        count += 1
        if count == 4:
            raise KilledError
        return replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", fail_at_fourth)
        with pytest.raises(KilledError):
            bump(tmp_path / "broken", DATE, NONE, report=lambda _: None)
    assert is_pending(tmp_path / "broken")
    said: list[str] = []
    assert preview(tmp_path / "broken", "2030-01-01", NONE, report=said.append).count("\n+++ ") == 4
    files = bump(tmp_path / "broken", "2030-01-01", KindChoice.parse(["major"]), report=said.append)
    assert len(files) == 6
    assert "interrupted" in said[0]
    assert "completed" in said[1]
    assert contents(tmp_path / "broken") == contents(tmp_path / "whole")
