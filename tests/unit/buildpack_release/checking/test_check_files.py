from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from buildpack_release.checking.check_files import check_files, check_git, check_homes
from buildpack_release.model.finding import Finding, Severity
from buildpack_release.model.repository import Repository
from support.sample_repository import component, composite, library, plan, write


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    library(tmp_path)
    return component(tmp_path, "acme/a", plans={"x": (None, plan(provides=("a",)))})


def findings(directory: Path) -> tuple[Finding, ...]:
    repository = Repository.discover(directory.parent.parent)
    buildpack = next(one for one in repository.buildpacks if one.directory == directory)
    return check_files(repository, buildpack)


def test_a_sound_component_and_composite(directory: Path) -> None:
    """Nothing is found; caches and hidden files do not count."""
    write(directory / "src/sample/__pycache__/x..pyc")
    write(directory / ".hidden")
    write(directory / "tests/a..b")
    assert findings(directory) == ()
    assert findings(composite(directory.parent.parent, "acme/all", ["acme/a"])) == ()


@pytest.mark.parametrize("name", ["README.md", "CHANGELOG.md"])
def test_texts_must_be_there(directory: Path, name: str) -> None:
    """People read them in the package and on the way to a release."""
    (directory / name).unlink()
    (finding,) = findings(directory)
    assert (finding.file, finding.message) == (directory / name, "this file is missing")


def test_names_that_pack_refuses(directory: Path) -> None:
    """Two dots anywhere in a name, of a file or a folder."""
    write(directory / "data/a..b")
    write(directory / "src/sample/..c/d")
    assert [finding.file.name for finding in findings(directory)] == ["a..b", "..c"]


def test_names_that_are_not_utf8(directory: Path) -> None:
    """They cannot be written down in a label."""
    (directory / "data").mkdir()
    Path(os.fsdecode(os.fsencode(directory / "data") + b"/\xff")).touch()
    (finding,) = findings(directory)
    assert "not UTF-8" in str(finding)
    str(finding).encode()


def test_what_git_does_not_know(directory: Path) -> None:
    """It would be in packages of this checkout alone; whether git ignores it does not matter."""
    root = directory.parent.parent
    assert list(check_git(Repository.discover(root))) == []
    write(root / ".gitignore", "*.dat\n")
    for command in (["init", "--quiet"], ["add", "."]):
        subprocess.run(["git", *command], cwd=root, check=True)
    assert list(check_git(Repository.discover(root))) == []
    write(directory / "src/sample/new.py")
    write(directory / "data/table.dat")
    for exempt in ("tests/test_x.py", "notes.txt", "src/sample/__pycache__/x.pyc", "src/sample/old.py.orig"):
        write(directory / exempt)
    found = list(check_git(Repository.discover(root)))
    assert [one.file.name for one in found] == ["table.dat", "new.py"]
    assert {(one.severity, one.code) for one in found} == {(Severity.WARNING, "not-in-git")}


def test_what_editors_leave_behind(directory: Path) -> None:
    """It stays out of packages, which is said: sometimes it is a name that was meant."""
    write(directory / "src/sample/plan.bak")
    write(directory / "src/sample/tests/old.bak")
    (found,) = findings(directory)
    assert (found.severity, found.code, found.file.name) == (Severity.WARNING, "not-packaged", "plan.bak")


def test_what_is_no_file(directory: Path) -> None:
    """Dangling links and pipes are named one by one."""
    (directory / "data").mkdir()
    (directory / "data/link").symlink_to("nowhere")
    os.mkfifo(directory / "data/pipe")
    assert {finding.file.name: finding.message for finding in findings(directory)} == {
        "link": "cannot be read: No such file or directory",
        "pipe": "neither a file nor a folder",
    }


@pytest.mark.usefixtures("file_modes_count")
def test_what_cannot_be_read(directory: Path) -> None:
    """Files and folders alike."""
    write(directory / "data/file").chmod(0)
    (directory / "data/folder").mkdir(mode=0)
    assert sorted(finding.file.name for finding in findings(directory)) == ["file", "folder"]


def test_a_link_out_of_the_buildpack(directory: Path) -> None:
    """Packaging refuses it, so the check says so."""
    (directory / "data").mkdir()
    (directory / "data/link").symlink_to("/etc/passwd")
    (finding,) = findings(directory)
    assert (finding.code, finding.file) == ("package", directory / "data/link")


def test_a_component_without_code(directory: Path) -> None:
    """Packaging would stop there."""
    (directory / "src/sample/build.py").unlink()
    (finding,) = findings(directory)
    assert finding.code == "package"
    assert finding.file == directory / "src/sample/build.py"


def test_misspelt_top_level_names(directory: Path) -> None:
    """They would be left out silently."""
    write(directory / "vendor.loc")
    (finding,) = findings(directory)
    assert (finding.severity, finding.advice) == (Severity.WARNING, 'did you mean "vendor.lock"?')


@pytest.mark.parametrize("name", ["bin", "detect", "src", "data"])
def test_a_composite_is_only_an_order(directory: Path, name: str) -> None:
    """The specification forbids bin/, and the rest would be left out."""
    path = composite(directory.parent.parent, "acme/all", ["acme/a"])
    write(path / name / "x")
    (finding,) = findings(path)
    assert (finding.is_error, finding.file) == (True, path / name)


def test_a_folder_without_a_descriptor(directory: Path) -> None:
    """Probably a slip in the file's name; what a branch leaves behind is none."""
    home = directory.parent
    write(home / "b/buildpack.tml")
    write(home / "c/__pycache__/x.pyc")
    (home / "d").mkdir()
    (finding,) = check_homes(home.parent)
    assert (finding.file, finding.severity) == (home / "b", Severity.WARNING)
    assert "buildpack.tml" in finding.advice


def test_folders_without_end_are_a_finding(directory: Path) -> None:
    """They would end packaging in a RecursionError."""
    write(directory / "data" / "/".join("d" * 150) / "file")
    (finding,) = findings(directory)
    assert finding.message == "folders are in each other more than 100 levels deep"
