from __future__ import annotations

from typing import TYPE_CHECKING

from buildpack_release.versions.bump import infer
from buildpack_release.versions.member import read_members
from buildpack_release.versions.versions_report import next_data, next_table, notes, show, show_data
from support.versioned_repository import entry, versioned

if TYPE_CHECKING:
    from pathlib import Path


def test_show(tmp_path: Path) -> None:
    """What is there."""
    members = read_members(versioned(tmp_path, {"acme/a": entry("Added", "New.")}))
    rows = [line.split() for line in show(members).splitlines()]
    assert rows[0] == ["ID", "VERSION", "RELEASED", "UNRELEASED"]
    assert rows[1:3] == [["acme/a", "1.0.0", "1.0.0", "1", "entry"], ["acme/all", "1.0.0", "1.0.0", "-"]]
    unreleased = [{"heading": "Added", "text": "- New.", "breaking": False}]
    assert show_data(members)[0] == {
        "id": "acme/a", "version": "1.0.0", "released": "1.0.0", "unreleased": unreleased,
    }  # fmt: skip


def test_next(tmp_path: Path) -> None:
    """What comes, components first."""
    inferred = infer(versioned(tmp_path, {"acme/a": entry("Fixed")}, versioning="independent"))
    assert next_table(inferred).splitlines()[1].split() == ["acme/a", "1.0.0", "1.0.1", "patch", "Fixed"]
    assert next_data(inferred)["releases"][1] == {
        "id": "acme/all", "version": "1.0.0", "next": "1.0.1", "kind": "patch", "impact": "fix",
        "reason": "acme/a: Fixed",
    }  # fmt: skip
    assert notes(inferred) == ["Versioning is independent: each buildpack has its own version."]


def test_nothing(tmp_path: Path) -> None:
    """No empty table."""
    inferred = infer(versioned(tmp_path))
    assert next_table(inferred) == ""
    assert next_data(inferred) == {"versioning": "fixed", "releases": []}
    assert len(notes(inferred)) == 1


def test_a_first_release_is_explained(tmp_path: Path) -> None:
    """The version does not change, which may surprise."""
    inferred = infer(versioned(tmp_path, {"acme/a": entry("Added")}, is_new=True))
    assert "already" in notes(inferred)[1]
    assert next_data(inferred)["releases"][0]["kind"] == "first"
