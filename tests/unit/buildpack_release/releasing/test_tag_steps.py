"""Tags: set once, at the commit that is released, and never moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildpack_release.releasing.release_state import read_release_state
from buildpack_release.releasing.status import StepState
from buildpack_release.releasing.tag_steps import LastRelease, PushedTags, Tags
from support.releasing import make_project
from support.sample_repository import write
from support.versioned_repository import Git, path_of

if TYPE_CHECKING:
    from pathlib import Path

    from buildpack_release.releasing.status import Row
    from buildpack_release.releasing.step import ReleaseStep
    from support.releasing import Project


def look(step: ReleaseStep, project: Project) -> Row:
    return step.look(read_release_state(project.root))


def test_set_and_pushed(project: Project) -> None:
    """The tags are plain ones, so that whoever sets them sets the same."""
    assert look(LastRelease(), project).text == "this version is not tagged yet"
    assert look(PushedTags(), project).state is StepState.LATER
    row = look(Tags(), project)
    assert row.state is StepState.DUE
    assert "v1.0.0" in row.text
    Tags().act(read_release_state(project.root))
    assert look(Tags(), project).state is StepState.DONE
    assert project.git("cat-file", "-t", "v1.0.0").strip() == "commit"
    aside = look(PushedTags(), project)
    assert (aside.state, aside.blocking) == (StepState.PERSON, False)
    assert aside.commands == ("git push origin v1.0.0",)
    step = PushedTags(push=True)
    assert look(step, project).state is StepState.DUE
    step.act(read_release_state(project.root))
    assert look(step, project).state is StepState.DONE
    assert look(LastRelease(), project).text == "nothing has changed since v1.0.0"


def test_a_tag_that_somebody_else_sets_first_is_left_alone(project: Project) -> None:
    release_state = read_release_state(project.root)
    project.git("tag", "v1.0.0", "main~1")
    Tags().act(release_state)
    assert project.git("rev-parse", "v1.0.0") == project.git("rev-parse", "main~1")


def test_a_tag_of_the_remote_counts(project: Project) -> None:
    """Fetched or not."""
    Git(project.remote)("tag", "v1.0.0", "main")
    assert look(Tags(), project).state is StepState.DONE
    assert look(PushedTags(), project).state is StepState.DONE
    assert project.git("tag") == ""


def test_tags_that_differ(project: Project) -> None:
    Git(project.remote)("tag", "v1.0.0", "main~1")
    project.git("tag", "v1.0.0")
    row = look(LastRelease(), project)
    assert row.state is StepState.WRONG
    assert row.error is not None
    assert project.git("rev-parse", "v1.0.0").strip() in str(row.error)


def test_a_tag_at_a_commit_that_is_not_here(project: Project, tmp_path: Path) -> None:
    other = project.clone(tmp_path / "other", {})
    other.git.commit("Elsewhere")
    other.git("tag", "v1.0.0")
    other.git("push", "--quiet", "origin", "v1.0.0")
    row = look(LastRelease(), project)
    assert (row.state, row.commands) == (StepState.PERSON, ("git fetch --tags",))


def test_what_has_changed_since(project: Project) -> None:
    """What is packaged counts, also if nobody has to announce it; anything else does not."""
    project.git("tag", "v1.0.0")
    write(project.root / "CONTRIBUTING.md", "x")
    write(path_of(project.root, "acme/a", "tests/test_x.py"), "x")
    project.git.commit("Describe")
    assert look(LastRelease(), project).state is StepState.DONE
    write(path_of(project.root, "acme/a", "README.md"), "x")
    project.git.commit("Describe a")
    row = look(LastRelease(), project)
    assert row.state is StepState.PERSON
    assert "buildpacks/a/README.md" in row.text
    assert "git switch --detach v1.0.0" in row.commands[0]


def test_each_its_own_tag(tmp_path: Path) -> None:
    """With independent versions, a change of one does not concern the tags of the others."""
    project = make_project(tmp_path / "project", {}, versioning="independent")
    project.set_versions()
    Tags().act(read_release_state(project.root))
    assert project.git("tag").split() == ["acme/a@1.0.0", "acme/all@1.0.0", "acme/b@1.0.0"]
    project.announce("acme/a")
    project.set_versions()
    row = look(Tags(), project)
    assert row.state is StepState.DUE
    assert row.text.endswith(": acme/a@1.0.1, acme/all@1.0.1")
    assert look(LastRelease(), project).text == "nothing has changed since acme/b@1.0.0"
