from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from buildpack_release.errors import CheckFailed, ExitCode, ReleaseError, UsageError, exit_code_of
from buildpack_release.model.repository import Repository, descriptor_sources
from support.sample_repository import component, composite, plan, write

if TYPE_CHECKING:
    from pathlib import Path

PLANS = {"x": (None, plan(provides=("a",)))}


def found(root: Path) -> list[str]:
    return [path.relative_to(root).as_posix() for path, _ in descriptor_sources(root)]


def test_finds_buildpacks_anywhere(tmp_path: Path) -> None:
    """In buildpacks/ and in any other folder, sorted by id; there is no list to keep."""
    component(tmp_path, "acme/zoo", plans=PLANS)
    composite(tmp_path, "acme/all", ["acme/zoo"])
    write(
        tmp_path / "more/deep/one/buildpack.toml",
        'api = "0.10"\n[buildpack]\nid = "b"\nversion = "1.0.0"\n[[targets]]\n',
    )
    repository = Repository.discover(tmp_path)
    assert [buildpack.id for buildpack in repository.buildpacks] == ["acme/all", "acme/zoo", "b"]
    assert repository.get("acme/zoo").directory == tmp_path / "buildpacks/zoo"


def test_output_tests_and_hidden_folders_are_not_searched(tmp_path: Path) -> None:
    """Assembled buildpacks and fixtures are copies; an environment holds other people's files."""
    for name in ("build/a", "dist/a", "tests/apps/a", ".hidden/a", "x/node_modules/a", "env/a"):
        write(tmp_path / name / "buildpack.toml")
    write(tmp_path / "env/pyvenv.cfg")
    write(tmp_path / "x/y/buildpack.toml")
    assert found(tmp_path) == ["x/y/buildpack.toml"]


def test_a_buildpack_may_be_called_like_a_skipped_folder(tmp_path: Path) -> None:
    """In buildpacks/ every name is good."""
    for name in ("build", "tests"):
        write(tmp_path / "buildpacks" / name / "buildpack.toml")
    assert found(tmp_path) == ["buildpacks/build/buildpack.toml", "buildpacks/tests/buildpack.toml"]


def test_nothing_is_searched_below_a_buildpack(tmp_path: Path) -> None:
    """Its data may hold such files."""
    write(tmp_path / "a/buildpack.toml")
    write(tmp_path / "a/data/b/buildpack.toml")
    assert found(tmp_path) == ["a/buildpack.toml"]


def test_what_git_ignores_is_left_out(tmp_path: Path) -> None:
    """Names with blanks and line ends included."""
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    for name in ("kept", "out put", "odd\nname"):
        write(tmp_path / name / "buildpack.toml")
    write(tmp_path / ".gitignore", "/out put/\n/odd*/\n")
    assert found(tmp_path) == ["kept/buildpack.toml"]


def test_without_git_nothing_is_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without git is no reason to fail."""
    (tmp_path / ".git").mkdir()
    write(tmp_path / "a/buildpack.toml")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert found(tmp_path) == ["a/buildpack.toml"]


def test_links_to_folders_are_not_followed(tmp_path: Path) -> None:
    """A link to a parent would never end."""
    write(tmp_path / "a/buildpack.toml")
    (tmp_path / "b").symlink_to(tmp_path)
    assert found(tmp_path) == ["a/buildpack.toml"]


def test_a_broken_descriptor_is_never_skipped(tmp_path: Path) -> None:
    """Its file and line are named, and a survey goes on to the others."""
    component(tmp_path, "acme/a", plans=PLANS)
    path = write(tmp_path / "buildpacks/b/buildpack.toml", 'api = "0.10"\n[buildpack\n')
    with pytest.raises(CheckFailed) as caught:
        Repository.discover(tmp_path)
    assert (caught.value.file, caught.value.line) == (path, 2)
    survey = Repository.survey(tmp_path)
    assert [buildpack.id for buildpack in survey.buildpacks] == ["acme/a"]
    assert [(finding.file, finding.line) for finding in survey.findings] == [(path, 2)]


def test_ids_are_compared_without_case(tmp_path: Path) -> None:
    """The second one is reported, naming the first one's file."""
    component(tmp_path, "acme/a", plans=PLANS)
    component(tmp_path, "ACME/A", plans=PLANS)
    with pytest.raises(CheckFailed):
        Repository.discover(tmp_path)
    (finding,) = Repository.survey(tmp_path).findings
    assert (finding.file, finding.line) == (tmp_path / "buildpacks/a/buildpack.toml", 4)
    assert "buildpacks/A/buildpack.toml" in finding.message


def test_a_descriptor_that_cannot_be_read(tmp_path: Path) -> None:
    """A dangling link stands for everything that opening can meet."""
    (tmp_path / "buildpacks/b").mkdir(parents=True)
    (tmp_path / "buildpacks/b/buildpack.toml").symlink_to("nowhere")
    with pytest.raises(CheckFailed, match="cannot read this file"):
        Repository.discover(tmp_path)


def test_no_buildpacks_at_all(tmp_path: Path) -> None:
    """Most likely the wrong folder."""
    with pytest.raises(ReleaseError, match="no buildpacks found") as caught:
        Repository.discover(tmp_path)
    assert caught.value.file == tmp_path


@pytest.mark.usefixtures("file_modes_count")
def test_an_unreadable_folder_is_named(tmp_path: Path) -> None:
    """It may hold a buildpack."""
    (tmp_path / "closed").mkdir(mode=0)
    with pytest.raises(ReleaseError, match="cannot list") as caught:
        Repository.discover(tmp_path)
    assert caught.value.file == tmp_path / "closed"


def test_an_unknown_id_gets_a_suggestion(tmp_path: Path) -> None:
    """A slip in an argument is a usage error."""
    component(tmp_path, "acme/python", plans=PLANS)
    repository = Repository.discover(tmp_path)
    with pytest.raises(UsageError) as caught:
        repository.get("acme/pyton")
    assert exit_code_of(caught.value) is ExitCode.USAGE
    assert caught.value.advice == 'did you mean "acme/python"?'
    with pytest.raises(UsageError, match="there are: acme/python"):
        repository.get("quite-different")
