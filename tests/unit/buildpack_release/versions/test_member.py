from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_release.errors import CheckFailed
from buildpack_release.versions.impact import Impact
from buildpack_release.versions.member import by_id, read_members, survey_members
from support.versioned_repository import entry, path_of, versioned

if TYPE_CHECKING:
    from pathlib import Path


def test_members(tmp_path: Path) -> None:
    """Each buildpack with its changelog; the largest change counts."""
    members = by_id(read_members(versioned(tmp_path, {"acme/a": entry("Fixed") + "\n" + entry("Added")})))
    assert list(members) == ["acme/a", "acme/all", "acme/b"]
    assert (members["acme/a"].impact, members["acme/b"].impact) == (Impact.FEATURE, None)
    assert not members["acme/a"].is_new


def test_without_a_release_a_buildpack_is_new(tmp_path: Path) -> None:
    """Its version has not been used yet."""
    assert all(member.is_new for member in read_members(versioned(tmp_path, is_new=True)))


def test_a_changelog_is_a_file_of_its_own(tmp_path: Path) -> None:
    """Two buildpacks with one changelog could not be told apart, and a rename would cut the link."""
    repository = versioned(tmp_path)
    path = path_of(tmp_path, "acme/a")
    path.unlink()
    path.symlink_to("../b/CHANGELOG.md")
    with pytest.raises(CheckFailed, match="not a link"):
        read_members(repository)


def test_a_survey_goes_on_after_a_fault(tmp_path: Path) -> None:
    """All that is wrong is said at once."""
    repository = versioned(tmp_path)
    path_of(tmp_path, "acme/a").unlink()
    path_of(tmp_path, "acme/b").write_bytes(b"\xff")
    members, findings = survey_members(repository)
    assert [member.id for member in members] == ["acme/all"]
    assert [finding.message for finding in findings] == ["this file is missing", "this file is not UTF-8"]
