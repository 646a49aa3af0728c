"""What has to be so before anything is made: each fault with the command against it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_release.errors import NetworkError
from buildpack_release.releasing.release_state import read_release_state
from buildpack_release.releasing.source_steps import (
    Addresses,
    Branch,
    Checks,
    Versions,
    VersionsBumped,
    WorkTreeCommitted,
)
from buildpack_release.releasing.status import StepState
from support.sample_repository import write, write_settings
from support.versioned_repository import Git, path_of

if TYPE_CHECKING:
    from pathlib import Path

    from buildpack_release.releasing.status import Row
    from buildpack_release.releasing.step import ReleaseStep
    from support.releasing import Project


def look(step: ReleaseStep, project: Project, branch: str = "") -> Row:
    return step.look(read_release_state(project.root, branch))


def test_all_is_well(project: Project) -> None:
    for step in (WorkTreeCommitted(), Versions(), VersionsBumped(), Checks(), Branch()):
        assert look(step, project).state is StepState.DONE, step.name


def test_addresses_that_are_not_set_are_said_and_stop_nothing(project: Project) -> None:
    row = look(Addresses(), project)
    assert row.state is StepState.SKIPPED
    assert "no repository-url in pyproject.toml" in row.text
    write_settings(project.root, 'repository-url = "https://forge.example/acme/x"\n')
    row = look(Addresses(), project)
    assert (row.state, row.is_settled) == (StepState.DONE, True)
    assert row.text == "https://forge.example/acme/x, homepage https://forge.example/acme/x"


def test_the_work_tree(project: Project) -> None:
    """Untracked files count: they may be packaged."""
    write(project.root / "buildpacks/a/data/new", "x")
    write(project.root / "LICENSE", "changed")
    row = look(WorkTreeCommitted(), project)
    assert (row.state, row.commands) == (StepState.PERSON, ("git status",))
    assert row.text == "not committed: LICENSE and 1 more"


def test_changes_without_an_entry_since_the_last_release(project: Project) -> None:
    """Compared with the tag of each buildpack, wherever that is; an entry, and it is announced."""
    project.git("tag", "v1.0.0")
    write(path_of(project.root, "acme/b", "src/sample/build.py"), "changed = 1\n")
    project.git.commit("Change b")
    row = look(Versions(), project)
    assert (row.state, row.commands) == (StepState.PERSON, ("inv version.check",))
    assert "acme/b has changed" in row.text
    Git(project.remote)("tag", "v1.0.0", "main")
    project.git("tag", "--delete", "v1.0.0")
    assert look(Versions(), project).state is StepState.PERSON, "the remote has the tag"
    project.announce("acme/b")
    assert look(Versions(), project).state is StepState.DONE
    bump = look(VersionsBumped(), project)
    assert bump.state is StepState.PERSON
    assert bump.text == "Unreleased, and would become: acme/a 1.0.1, acme/b 1.0.1, acme/all 1.0.1"
    assert bump.commands == ("inv version.bump", 'git commit --all --message "Release 1.0.1"')


def test_a_clone_without_history(project: Project, tmp_path: Path) -> None:
    """It cannot know what has changed since the last release."""
    Git(project.remote)("tag", "v1.0.0", "main~1")
    project.git("clone", "--quiet", "--depth=1", f"file://{project.remote}", str(tmp_path / "shallow"))
    row = Versions().look(read_release_state(tmp_path / "shallow"))
    assert (row.state, row.commands) == (StepState.PERSON, ("git fetch --tags --unshallow",))


def test_plans_that_do_not_fit(project: Project) -> None:
    write(path_of(project.root, "acme/a", "detect/x/plan.toml"), "nonsense")
    row = look(Checks(), project)
    assert (row.state, row.commands) == (StepState.PERSON, ("inv check",))


def test_commits_that_the_remote_does_not_have(project: Project) -> None:
    """Named, or pushed if that is asked for."""
    project.git.commit("More")
    row = look(Branch(), project)
    assert (row.state, row.commands) == (StepState.PERSON, ("git push origin main",))
    step = Branch(push=True)
    assert look(step, project).state is StepState.DUE
    step.act(read_release_state(project.root))
    assert look(step, project).state is StepState.DONE


def test_only_the_release_branch_is_pushed(project: Project) -> None:
    """Not what was done on another one."""
    project.git("switch", "--quiet", "--create", "topic")
    project.git.commit("More")
    row = look(Branch(push=True), project)
    assert row.state is StepState.PERSON
    assert row.commands == ("git switch main, or, if this release is made from topic: --branch topic",)
    assert look(Branch(push=True), project, "topic").state is StepState.DUE, "unless it is one"


def test_a_commit_that_was_on_the_branch_stays_on_it(project: Project, tmp_path: Path) -> None:
    """Although somebody has gone on meanwhile, with commits that are not here."""
    other = project.clone(tmp_path / "other", {})
    other.git.commit("Somebody else")
    other.git("push", "--quiet", "origin", "main")
    assert look(Branch(), project).state is StepState.DONE
    project.git.commit("More")
    row = look(Branch(push=True), project)
    assert (row.state, row.commands) == (StepState.PERSON, ("git pull",))
    with pytest.raises(NetworkError, match="did not take"):
        Branch(push=True).act(read_release_state(project.root))


def test_without_a_remote(project: Project) -> None:
    project.git("remote", "remove", "origin")
    assert look(Branch(), project).text.endswith("is on main (no remote)")
    project.git("switch", "--quiet", "--detach")
    project.git.commit("Beside")
    assert look(Branch(), project).commands == ("git switch main",)
