from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_release.errors import UsageError
from buildpack_release.model.settings import Versioning
from buildpack_release.versions.inference import KindChoice, plan_releases
from buildpack_release.versions.member import read_members
from support.versioned_repository import ALL, entry, versioned

if TYPE_CHECKING:
    from pathlib import Path

    from buildpack_release.model.repository import Repository

A, B = "acme/a", "acme/b"
BREAKING = entry("Fixed", "**Breaking** A fix.")


def releases(repository: Repository, versioning: str, *kinds: str, force: bool = False) -> dict[str, str]:
    choice = KindChoice.parse(kinds, force=force)
    found = plan_releases(read_members(repository), Versioning(versioning), choice)
    return {one.member.id: str(one.version) for one in found}


@pytest.mark.parametrize(
    ("unreleased", "version", "expected"),
    [
        ({}, "1.2.3", {}),
        ({A: entry("Fixed")}, "1.2.3", "1.2.4"),
        ({A: entry("Security")}, "1.2.3", "1.2.4"),
        ({A: entry("Added")}, "1.2.3", "1.3.0"),
        ({A: entry("Changed")}, "1.2.3", "1.3.0"),
        ({A: entry("Deprecated")}, "1.2.3", "1.3.0"),
        ({A: entry("Removed")}, "1.2.3", "2.0.0"),
        ({A: BREAKING}, "1.2.3", "2.0.0"),
        ({A: entry("Fixed"), B: entry("Added")}, "1.2.3", "1.3.0"),
        ({A: entry("Fixed"), ALL: entry("Removed")}, "1.2.3", "2.0.0"),
        ({A: entry("Removed")}, "0.2.3", "0.3.0"),
        ({A: BREAKING}, "0.2.3", "0.3.0"),
        ({A: entry("Added")}, "0.2.3", "0.3.0"),
        ({A: entry("Fixed")}, "0.2.3", "0.2.4"),
    ],
)
def test_fixed(tmp_path: Path, unreleased: dict[str, str], version: str, expected: str) -> None:
    """All get the version that the largest change needs; nothing is released without a change."""
    found = releases(versioned(tmp_path, unreleased, version=version), "fixed")
    assert found == (dict.fromkeys((A, B, ALL), expected) if expected else {})


@pytest.mark.parametrize(
    ("unreleased", "expected"),
    [
        ({}, {}),
        ({A: entry("Fixed")}, {A: "1.0.1", ALL: "3.0.1"}),
        ({B: entry("Added")}, {B: "0.3.0", ALL: "3.1.0"}),
        # A part in its 0.x raises its minor version; for those who use the composite it is a breaking change.
        ({B: entry("Removed")}, {B: "0.3.0", ALL: "4.0.0"}),
        ({A: entry("Fixed"), B: entry("Added")}, {A: "1.0.1", B: "0.3.0", ALL: "3.1.0"}),
        ({ALL: entry("Fixed")}, {ALL: "3.0.1"}),
        ({A: entry("Fixed"), ALL: entry("Removed")}, {A: "1.0.1", ALL: "4.0.0"}),
    ],
)
def test_independent(tmp_path: Path, unreleased: dict[str, str], expected: dict[str, str]) -> None:
    """Only what has changed and what contains it, each by its own version; composites by the largest part."""
    repository = versioned(tmp_path, unreleased, versions={A: "1.0.0", B: "0.2.0", ALL: "3.0.0"})
    assert releases(repository, "independent") == expected


@pytest.mark.parametrize("versioning", ["fixed", "independent"])
def test_the_first_release_has_the_version_that_is_there(tmp_path: Path, versioning: str) -> None:
    """Nobody has seen it yet, so it needs no other; but one may be chosen."""
    repository = versioned(tmp_path, {A: entry("Added"), B: entry("Added")}, version="0.1.0", is_new=True)
    assert releases(repository, versioning) == dict.fromkeys((A, B, ALL), "0.1.0")
    assert releases(repository, versioning, "major") == dict.fromkeys((A, B, ALL), "1.0.0")


@pytest.mark.parametrize(
    ("versioning", "kinds", "expected"),
    [
        ("fixed", ["minor"], {A: "1.1.0", B: "1.1.0", ALL: "1.1.0"}),
        ("fixed", ["major"], {A: "2.0.0", B: "2.0.0", ALL: "2.0.0"}),
        ("independent", ["major"], {A: "2.0.0", ALL: "2.0.0"}),
        ("independent", ["acme/a=major"], {A: "2.0.0", ALL: "2.0.0"}),
        ("independent", ["acme/all=major"], {A: "1.0.1", ALL: "2.0.0"}),
        ("independent", ["minor", "acme/all=major"], {A: "1.1.0", ALL: "2.0.0"}),
    ],
)
def test_a_chosen_kind(tmp_path: Path, versioning: str, kinds: list[str], expected: dict[str, str]) -> None:
    """For all, or for one, and then for what contains it."""
    assert releases(versioned(tmp_path, {A: entry("Fixed")}), versioning, *kinds) == expected


@pytest.mark.parametrize("versioning", ["fixed", "independent"])
def test_a_smaller_kind_needs_force(tmp_path: Path, versioning: str) -> None:
    """The changelog promises more; the message names whose."""
    repository = versioned(tmp_path, {B: entry("Removed")})
    with pytest.raises(UsageError, match="minor is too small: what is Unreleased of acme/b needs major"):
        releases(repository, versioning, "minor")
    assert set(releases(repository, versioning, "minor", force=True).values()) == {"1.1.0"}


def test_to_leave_0_is_a_choice(tmp_path: Path) -> None:
    """A person says that it is time for 1.0.0."""
    assert releases(versioned(tmp_path, {A: entry("Fixed")}, version="0.9.1"), "fixed", "major")[A] == "1.0.0"


@pytest.mark.parametrize(
    ("versioning", "kinds", "message"),
    [
        ("fixed", ["acme/a=minor"], "have one version"),
        ("independent", ["acme/b=minor"], "nothing of acme/b is Unreleased"),
        ("independent", ["acme/c=minor"], 'no buildpack "acme/c"'),
        ("fixed", ["huge"], 'no kind of release "huge"'),
        ("fixed", ["minor", "major"], "two kinds"),
    ],
)
def test_choices_that_do_not_fit(tmp_path: Path, versioning: str, kinds: list[str], message: str) -> None:
    """A choice that would have no effect is an error."""
    with pytest.raises(UsageError, match=message):
        releases(versioned(tmp_path, {A: entry("Fixed")}), versioning, *kinds)


def test_reasons(tmp_path: Path) -> None:
    """People see why, and where a composite's kind comes from."""
    members = read_members(versioned(tmp_path, {A: BREAKING}))
    found = {one.member.id: one.reason for one in plan_releases(members, Versioning.FIXED)}
    assert found == {A: "Fixed, marked Breaking", B: "no changes", ALL: "acme/a: Fixed, marked Breaking"}
