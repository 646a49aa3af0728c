from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_release.errors import CheckFailed
from buildpack_release.model.repository import Repository
from buildpack_release.model.settings import Versioning
from buildpack_release.versions.consistency import check_consistency, require_consistency
from buildpack_release.versions.member import read_members
from support.versioned_repository import changelog, entry, path_of, versioned

if TYPE_CHECKING:
    from pathlib import Path

FIXED, INDEPENDENT = Versioning.FIXED, Versioning.INDEPENDENT
DIFFERENT = {"acme/a": "1.0.1"}


def codes(repository: Repository, versioning: Versioning) -> list[tuple[str, str]]:
    found = check_consistency(repository, read_members(repository), versioning)
    return [(one.code, f"{one.file.relative_to(repository.root)}:{one.line}") for one in found]


@pytest.mark.parametrize("versioning", Versioning)
@pytest.mark.parametrize("is_new", [True, False])
def test_a_sound_repository(tmp_path: Path, versioning: Versioning, *, is_new: bool) -> None:
    """Before and after the first release."""
    assert codes(versioned(tmp_path, {"acme/a": entry("Added")}, is_new=is_new), versioning) == []


def test_one_version_for_all(tmp_path: Path) -> None:
    """Those that lag behind are named; with versions of their own they may."""
    repository = versioned(tmp_path, versions=DIFFERENT)
    assert codes(repository, INDEPENDENT) == []
    assert codes(repository, FIXED) == [
        ("fixed-version", "buildpacks/all/buildpack.toml:5"),
        ("fixed-version", "buildpacks/b/buildpack.toml:5"),
    ]


def test_a_changelog_has_the_version(tmp_path: Path) -> None:
    """A version that was set by hand has no entry."""
    versioned(tmp_path)
    path = path_of(tmp_path, "acme/all", "buildpack.toml")
    path.write_text(path.read_text().replace('"1.0.0"', '"1.1.0"', 1))
    found = codes(Repository.discover(tmp_path), INDEPENDENT)
    assert found == [("changelog-version", "buildpacks/all/buildpack.toml:5")]


def test_orders_have_the_versions(tmp_path: Path) -> None:
    """As `inv check` finds it as well."""
    versioned(tmp_path)
    path = path_of(tmp_path, "acme/a", "buildpack.toml")
    path.write_text(path.read_text().replace("1.0.0", "2.0.0"))
    path_of(tmp_path, "acme/a").write_text(changelog(released="2.0.0"))
    assert codes(Repository.discover(tmp_path), INDEPENDENT) == [
        ("order-version", "buildpacks/all/buildpack.toml:14")
    ]


def test_the_first_fault_is_raised(tmp_path: Path) -> None:
    """With where to see the others."""
    repository = versioned(tmp_path, {"acme/a": "### Fxied\n\n- x\n", "acme/b": "- x\n"})
    with pytest.raises(CheckFailed) as caught:
        require_consistency(repository, read_members(repository), FIXED)
    assert "Fxied" in caught.value.title
    assert "(1): see `inv version.check`" in caught.value.detail
