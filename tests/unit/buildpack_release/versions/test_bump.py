from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from buildpack_release.errors import CheckFailed
from buildpack_release.model.repository import Repository
from buildpack_release.model.settings import Versioning
from buildpack_release.versions.bump import infer, prepare
from buildpack_release.versions.consistency import check_consistency
from buildpack_release.versions.member import read_members
from buildpack_release.versions.replacement import replace_all
from support.versioned_repository import ALL, contents, entry, path_of, versioned

DATE = "2026-02-03"
URL = "https://e.org/r"


def bumped(repository: Repository) -> dict[str, str]:
    """Bump, and give the new texts by path."""
    prepared = prepare(repository, DATE)
    return {
        one.path.relative_to(repository.root).as_posix(): one.new.decode() for one in prepared.replacements
    }


def test_fixed(tmp_path: Path) -> None:
    """All descriptors and changelogs; those without changes say so, the composite lists its parts."""
    texts = bumped(versioned(tmp_path, {"acme/a": entry("Added", "New.")}))
    assert len(texts) == 6
    assert (
        "## [Unreleased]\n\n## [1.1.0] - 2026-02-03\n\n### Added\n\n- New.\n"
        in texts["buildpacks/a/CHANGELOG.md"]
    )
    assert "## [1.1.0] - 2026-02-03\n\n- No changes.\n\n## [1.0.0]" in texts["buildpacks/b/CHANGELOG.md"]
    assert (
        "## [1.1.0] - 2026-02-03\n\n### Changed\n\n"
        "- Updated `acme/a` to `1.1.0`.\n- Updated `acme/b` to `1.1.0` (no changes).\n\n## [1.0.0]"
    ) in texts["buildpacks/all/CHANGELOG.md"]
    assert texts["buildpacks/all/buildpack.toml"].count('version = "1.1.0"') == 3


ROOT_CHANGELOG = "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- A command.\n"


def test_the_changelog_of_the_repository_is_dated_too(tmp_path: Path) -> None:
    """With the one version that all share; only if something is Unreleased in it."""
    repository = versioned(tmp_path, {"acme/a": entry("Added")})
    (tmp_path / "CHANGELOG.md").write_text(ROOT_CHANGELOG)
    assert (
        "## [Unreleased]\n\n## [1.1.0] - 2026-02-03\n\n### Added\n\n- A command."
        in (bumped(repository)["CHANGELOG.md"])
    )
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n\n## [Unreleased]\n")
    assert "CHANGELOG.md" not in bumped(repository)


def test_the_changelog_of_a_repository_of_many_versions_is_left_to_people(tmp_path: Path) -> None:
    """No version is its own."""
    repository = versioned(tmp_path, {"acme/a": entry("Added")}, versioning="independent")
    (tmp_path / "CHANGELOG.md").write_text(ROOT_CHANGELOG)
    assert "CHANGELOG.md" not in bumped(repository)


def test_independent(tmp_path: Path) -> None:
    """Only what has changed, and what contains it, with the order's version of that part."""
    versions = {"acme/a": "1.0.0", "acme/b": "0.2.0", ALL: "3.0.0"}
    texts = bumped(
        versioned(tmp_path, {"acme/b": entry("Fixed")}, versions=versions, versioning="independent")
    )
    assert sorted(texts) == [
        "buildpacks/all/CHANGELOG.md",
        "buildpacks/all/buildpack.toml",
        "buildpacks/b/CHANGELOG.md",
        "buildpacks/b/buildpack.toml",
    ]
    assert "### Changed\n\n- Updated `acme/b` to `0.2.1`.\n" in texts["buildpacks/all/CHANGELOG.md"]
    order = texts["buildpacks/all/buildpack.toml"]
    assert 'id = "acme/a"\nversion = "1.0.0"' in order
    assert 'id = "acme/b"\nversion = "0.2.1"' in order


def test_a_first_release(tmp_path: Path) -> None:
    """Descriptors have the version already; the composite says what it consists of."""
    texts = bumped(versioned(tmp_path, {"acme/a": entry("Added")}, is_new=True))
    assert sorted(texts) == [f"buildpacks/{name}/CHANGELOG.md" for name in ("a", "all", "b")]
    assert "## [1.0.0] - 2026-02-03\n\n- First release.\n" in texts["buildpacks/b/CHANGELOG.md"]
    assert "### Added\n\n- `acme/a` `1.0.0`.\n- `acme/b` `1.0.0`.\n" in texts["buildpacks/all/CHANGELOG.md"]


def test_links(tmp_path: Path) -> None:
    """If the repository's address is known; then in each changelog with its own tags."""
    unreleased = {"acme/a": entry("Fixed")}
    texts = bumped(versioned(tmp_path, unreleased, versioning="independent", url=URL))
    assert texts["buildpacks/a/CHANGELOG.md"].endswith(
        f"\n\n[unreleased]: {URL}/compare/acme/a@1.0.1...HEAD\n"
        f"[1.0.1]: {URL}/compare/acme/a@1.0.0...acme/a@1.0.1\n"
    )


def test_everything_is_checked_before(tmp_path: Path) -> None:
    """A fault in the last file leaves nothing to write."""
    repository = versioned(tmp_path, {"acme/a": entry("Added"), "acme/b": "### Whatever\n- x\n"})
    with pytest.raises(CheckFailed, match="Whatever"):
        prepare(repository, DATE)


def test_to_infer_needs_no_edit(tmp_path: Path) -> None:
    """What `next` shows is what a bump would do."""
    repository = versioned(tmp_path, {"acme/a": entry("Added")})
    assert infer(repository).releases == prepare(repository, DATE).releases
    assert infer(repository).replacements == ()


KINDS = st.lists(
    st.sampled_from(["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]),
    unique=True,
    max_size=3,
)


@settings(max_examples=15)
@given(
    st.fixed_dictionaries(dict.fromkeys(("acme/a", "acme/b", ALL), KINDS)),
    st.sampled_from([one.value for one in Versioning]),
    st.sampled_from(["", URL]),
    st.booleans(),
)
def test_a_bump_leads_to_a_sound_state_and_twice_is_once(
    kinds: dict[str, list[str]], versioning: str, url: str, is_new: bool
) -> None:
    """After it all agree, nothing is Unreleased, and a second one has nothing to do."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        unreleased = {one: "\n".join(map(entry, names)) for one, names in kinds.items()}
        repository = versioned(root, unreleased, versioning=versioning, url=url, is_new=is_new)
        released = prepare(repository, DATE)
        assert bool(released.releases) is any(kinds.values())
        replace_all(root, released.replacements)
        after, files = Repository.discover(root), contents(root)
        members = read_members(after)
        assert list(check_consistency(after, members, Versioning(versioning))) == []
        assert not any(member.changelog.entries for member in members)
        second = prepare(after, "2027-01-01")
        assert (second.releases, second.replacements) == ((), ())
        assert contents(root) == files


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    """The changelogs of libraries, for instance, which are released in their own way."""
    repository = versioned(tmp_path, {"acme/a": entry("Added")})
    (tmp_path / "packages/common").mkdir(parents=True)
    (tmp_path / "packages/common/CHANGELOG.md").write_text("## [Unreleased]\n\n### Added\n\n- A task.\n")
    paths = [one.path for one in prepare(repository, DATE).replacements]
    assert sorted(paths) == sorted(
        path_of(tmp_path, one, name)
        for one in ("acme/a", "acme/b", ALL)
        for name in ("CHANGELOG.md", "buildpack.toml")
    )
