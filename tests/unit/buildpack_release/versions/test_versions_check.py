from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_release.model.repository import Repository
from buildpack_release.versions.bump_command import bump
from buildpack_release.versions.inference import KindChoice
from buildpack_release.versions.replacement import JOURNAL
from buildpack_release.versions.versions_check import ChangeReport, check_versions
from support.sample_repository import write
from support.versioned_repository import ALL, Git, changelog, entry, path_of, versioned

if TYPE_CHECKING:
    from pathlib import Path

A, B = "acme/a", "acme/b"
API = "packages/buildpack-api/src/buildpack_api/__init__.py"


@pytest.fixture
def git(tmp_path: Path) -> Git:
    """A sound repository with an entry that is Unreleased already, on a branch that has done nothing."""
    versioned(tmp_path, {A: entry("Added", "Old.")})
    git = Git.init(tmp_path)
    git("switch", "--quiet", "-c", "topic")
    return git


def check(git: Git) -> ChangeReport:
    return check_versions(Repository.discover(git.root), "main")


def codes(git: Git) -> list[str]:
    return [f"{one.code} {one.file.parent.name}/{one.file.name}" for one in check(git).findings]


def announce(git: Git, one: str, text: str) -> None:
    path = path_of(git.root, one)
    path.write_text(path.read_text().replace("## [Unreleased]\n", f"## [Unreleased]\n\n{text}", 1))


def test_without_changes_all_is_well(git: Git) -> None:
    """Nothing has to be announced."""
    report = check(git)
    assert (report.ok, report.changed) == (True, ())


@pytest.mark.parametrize("committed", [True, False])
@pytest.mark.parametrize(
    ("path", "missing"),
    [
        ("buildpacks/a/src/sample/build.py", ["a"]),
        ("buildpacks/b/vendor.lock", ["b"]),
        ("buildpacks/b/data/new.toml", ["b"]),
        (API, ["a", "b"]),
        ("packages/buildpack-api/share/bin/build", ["a", "b"]),
        ("buildpacks/a/README.md", []),
        ("buildpacks/a/Makefile", []),
        ("buildpacks/a/docs/design.md", []),
        ("buildpacks/a/.ruff.toml", []),
        ("buildpacks/a/tests/test_a.py", []),
        ("noxfile.py", []),
    ],
)
def test_a_change_needs_an_entry_in_its_changelog(
    git: Git, path: str, missing: list[str], *, committed: bool
) -> None:
    """The one entry that is there is older than the change."""
    write(git.root / path, "changed\n")
    if committed:
        git.commit("change")
    assert codes(git) == [f"no-entry {name}/CHANGELOG.md" for name in missing]
    for one in missing:
        announce(git, f"acme/{one}", entry("Fixed"))
    assert codes(git) == []


def test_the_message_names_what_has_changed(git: Git) -> None:
    """The changed file, and where the entry belongs."""
    write(git.root / API, "changed\n")
    write(git.root / "buildpacks/b/vendor.lock", "# changed\n")
    found = {one.file.parent.name: one for one in check(git).findings}
    assert "acme/b has changed (buildpacks/b/vendor.lock and 1 more)" in found["b"].message
    assert f"({API})" in found["a"].message
    assert found["a"].line == 3


def test_an_entry_in_another_changelog_does_not_count(git: Git) -> None:
    """Users of acme/b do not read it."""
    write(git.root / "buildpacks/b/vendor.lock", "# changed\n")
    announce(git, A, entry("Fixed"))
    announce(git, ALL, entry("Fixed"))
    assert codes(git) == ["no-entry b/CHANGELOG.md"]


def test_an_entry_under_an_old_release_does_not_count(git: Git) -> None:
    """That is where a merge may put it, when a release has been made meanwhile."""
    write(git.root / "buildpacks/b/vendor.lock", "# changed\n")
    path = path_of(git.root, B)
    path.write_text(path.read_text() + "\n### Fixed\n\n- Something.\n")
    assert codes(git) == ["no-entry b/CHANGELOG.md"]


def test_an_entry_that_only_moves_or_is_wrapped_does_not_count(git: Git) -> None:
    """New means new words or another heading."""
    write(git.root / "buildpacks/a/src/sample/build.py", "changed\n")
    path = path_of(git.root, A)
    path.write_text(path.read_text().replace("- Old.", "-   Old.\n"))
    assert codes(git) == ["no-entry a/CHANGELOG.md"]
    path.write_text(path.read_text().replace("Old.", "Old, and more."))
    assert codes(git) == []


def test_a_deleted_file_is_a_change(git: Git) -> None:
    """It was packaged."""
    (git.root / "buildpacks/a/vendor.lock").unlink()
    assert codes(git) == ["no-entry a/CHANGELOG.md"]


def test_a_descriptor_without_its_versions(git: Git) -> None:
    """Its other keys count, also those of a composite."""
    path = path_of(git.root, ALL, "buildpack.toml")
    path.write_text(path.read_text() + "optional = true\n")
    assert codes(git) == ["no-entry all/CHANGELOG.md"]


@pytest.mark.parametrize("versioning", ["fixed", "independent"])
def test_a_release_passes(git: Git, versioning: str) -> None:
    """A bump moves entries and sets versions; that is no change that has to be announced."""
    text = (git.root / "pyproject.toml").read_text().replace("fixed", versioning)
    write(git.root / "pyproject.toml", text)
    assert bump(git.root, "2026-02-03", KindChoice(), report=lambda _: None)
    report = check(git)
    assert (report.findings, report.changed) == ((), ())


def test_a_change_and_its_release_at_once(git: Git) -> None:
    """The entry is in a release that the base does not have."""
    write(git.root / "buildpacks/b/vendor.lock", "# changed\n")
    announce(git, B, entry("Fixed"))
    bump(git.root, "2026-02-03", KindChoice(), report=lambda _: None)
    report = check(git)
    assert (report.findings, report.changed) == ((), (B,))


def test_a_release_without_the_entry_of_a_change(git: Git) -> None:
    """`No changes.`, which the bump writes there, announces nothing."""
    write(git.root / "buildpacks/b/vendor.lock", "# changed\n")
    bump(git.root, "2026-02-03", KindChoice(), report=lambda _: None)
    assert codes(git) == ["no-entry b/CHANGELOG.md"]


def test_a_new_buildpack_needs_an_entry(git: Git) -> None:
    """Its changelog has nothing to be compared with."""
    text = path_of(git.root, B, "buildpack.toml").read_text()
    write(git.root / "buildpacks/c/buildpack.toml", text.replace("acme/b", "acme/c"))
    write(git.root / "buildpacks/c/CHANGELOG.md", changelog(released=""))
    assert codes(git) == ["no-entry c/CHANGELOG.md"]
    write(git.root / "buildpacks/c/CHANGELOG.md", changelog(entry("Added"), released=""))
    assert codes(git) == []


def test_inconsistencies_are_found_as_well(git: Git) -> None:
    """All at once."""
    path_of(git.root, A).unlink()
    announce(git, B, "### Fxied\n\n- x\n")
    write(git.root / JOURNAL, "{}")
    write(git.root / "buildpacks/b/vendor.lock", "# changed\n")
    found = sorted(one.code for one in check(git).findings)
    assert found == ["changelog", "interrupted", "unknown-kind"]


def test_the_report_as_data(git: Git) -> None:
    """For programs; paths are relative."""
    write(git.root / "buildpacks/b/vendor.lock", "# changed\n")
    report = check(git)
    data = report.data(Repository.discover(git.root))
    assert (data["ok"], data["changed-buildpacks"]) == (False, [B])
    assert data["findings"][0]["file"] == "buildpacks/b/CHANGELOG.md"
    assert report.summary.startswith("1 error, acme/b changed since ")


def test_a_change_that_nobody_notices_needs_no_entry_if_its_commit_says_so(git: Git) -> None:
    """It is named in the report; one more commit to the same file without that line, and it needs one."""
    source = path_of(git.root, A, "src/sample/build.py")
    write(source, "renamed = 1\n")
    git.commit("Rename\n\nChangelog: none")
    report = check(git)
    assert report.ok
    assert report.changed == ()
    assert report.unannounced == ("buildpacks/a/src/sample/build.py",)
    assert report.data(Repository.discover(git.root))["unannounced"] == list(report.unannounced)
    write(source, "renamed = 2\n")
    git.commit("Change")
    assert codes(git) == ["no-entry a/CHANGELOG.md"]
    assert check(git).unannounced == ()
