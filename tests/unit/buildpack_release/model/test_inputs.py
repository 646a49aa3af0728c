from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from buildpack_release.errors import CheckFailed, ReleaseError
from buildpack_release.model.inputs import PackageInputs, collect
from buildpack_release.model.repository import Repository
from support.sample_repository import component, composite, library, plan, write, write_settings

if TYPE_CHECKING:
    from pathlib import Path

HASH = "0" * 64


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A component in a repository."""
    library(tmp_path)
    return component(tmp_path, "acme/a", plans={"10-x": ("x.txt", plan(provides=("a",)))})


def inputs(root: Path, buildpack_id: str = "acme/a") -> PackageInputs:
    repository = Repository.discover(root)
    return collect(repository, repository.get(buildpack_id))


def test_the_parts_of_a_component(tmp_path: Path, directory: Path) -> None:
    """Descriptor, texts, launchers, detection, data, our library and the buildpack's own code, sorted."""
    write(directory / "data/table.toml")
    write(directory / "notes.txt", "not part of the package")
    write(directory / "vendor.lock", f"tomli==1 --hash=sha256:{HASH}\n")
    write(directory / "wheels.lock", f"pip==1 --hash=sha256:{HASH}\n")
    found = inputs(tmp_path)
    assert [file.name for file in found.files] == [
        "CHANGELOG.md", "LICENSE", "README.md", "bin/build", "bin/detect", "buildpack.toml",
        "data/table.toml", "detect/10-x/markers", "detect/10-x/plan.toml",
        "lib/buildpack_api/__init__.py", "lib/sample/__init__.py", "lib/sample/build.py",
    ]  # fmt: skip
    assert found.package == "sample"
    assert [file.name for file in found.files if file.is_executable] == ["bin/build", "bin/detect"]
    assert ([str(pin) for pin in found.vendored], [str(pin) for pin in found.wheels]) == (
        ["tomli==1"],
        ["pip==1"],
    )


def test_the_parts_of_a_composite(tmp_path: Path, directory: Path) -> None:
    """No code."""
    composite(tmp_path, "acme/all", ["acme/a"])
    found = inputs(tmp_path, "acme/all")
    assert [file.name for file in found.files] == ["CHANGELOG.md", "LICENSE", "README.md", "buildpack.toml"]
    assert found.package == ""


def test_the_parts_of_a_component_with_its_own_programs(tmp_path: Path, directory: Path) -> None:
    """Whatever language they are in: nothing of our library goes in, and no bytecode is made."""
    shutil.rmtree(directory / "src")
    for name in ("bin/detect", "bin/build"):
        write(directory / name, "#!/bin/sh\n").chmod(0o755)
    write(directory / "lib/functions.sh")
    write(directory / "docs/notes.md", "not part of the package")
    found = inputs(tmp_path)
    assert [file.name for file in found.files] == [
        "CHANGELOG.md", "LICENSE", "README.md", "bin/build", "bin/detect", "buildpack.toml",
        "detect/10-x/markers", "detect/10-x/plan.toml", "lib/functions.sh",
    ]  # fmt: skip
    assert found.package == ""
    assert found.files[3].source == directory / "bin/build"


@pytest.mark.parametrize("program", ["bin/detect", "bin/build"])
def test_own_programs_are_both_there_and_executable(tmp_path: Path, directory: Path, program: str) -> None:
    """The lifecycle would find out only in somebody's build."""
    shutil.rmtree(directory / "src")
    for name in ("bin/detect", "bin/build"):
        write(directory / name, "#!/bin/sh\n").chmod(0o644 if name == program else 0o755)
    with pytest.raises(CheckFailed, match="needs this program, executable") as caught:
        inputs(tmp_path)
    assert (caught.value.file, caught.value.advice) == (directory / program, f"Run: chmod +x {program}")
    (directory / program).unlink()
    with pytest.raises(CheckFailed, match="needs this program, executable"):
        inputs(tmp_path)


def test_a_buildpack_may_have_a_licence_of_its_own(tmp_path: Path, directory: Path) -> None:
    """Else the repository's is packaged."""
    assert {file.source for file in inputs(tmp_path).files if file.name == "LICENSE"} == {
        tmp_path / "LICENSE"
    }
    write(directory / "LICENSE")
    assert {file.source for file in inputs(tmp_path).files if file.name == "LICENSE"} == {
        directory / "LICENSE"
    }


@pytest.mark.parametrize(
    "name",
    [
        "__pycache__/x.py", "x.pyc", "sample.egg-info/PKG-INFO", "tests/test_x.py", ".git/config",
        ".gitignore", ".mypy_cache/x", "x.py~", ".x.py.swp", "#x.py#", ".#x.py", "x.py.orig",
        "x.rej", "x.bak", ".DS_Store",
    ],
)  # fmt: skip
def test_what_tools_leave_behind_is_not_packaged(tmp_path: Path, directory: Path, name: str) -> None:
    """And does not count as a change."""
    before = inputs(tmp_path)
    write(directory / "src/sample" / name, "junk")
    assert inputs(tmp_path) == before


@pytest.mark.parametrize("name", ["git.py", "tester/x.py", "x.py.txt", "cache.py", ".hidden"])
def test_similar_names_are_packaged(tmp_path: Path, directory: Path, name: str) -> None:
    """Only junk is left out."""
    write(directory / "src/sample" / name)
    assert f"lib/sample/{name}" in {file.name for file in inputs(tmp_path).files}


def test_every_change_that_shows_changes_the_digest(tmp_path: Path, directory: Path) -> None:
    """Content, name, executable bit, link, lock, and other facts."""
    code = directory / "src/sample/build.py"
    seen = [inputs(tmp_path).digest()]
    code.write_text("x = 1\n")
    seen.append(inputs(tmp_path).digest())
    code.chmod(0o755)
    seen.append(inputs(tmp_path).digest())
    write(directory / "data/a")
    seen.append(inputs(tmp_path).digest())
    (directory / "data/a").rename(directory / "data/b")
    seen.append(inputs(tmp_path).digest())
    (directory / "data/link").symlink_to("b")
    seen.append(inputs(tmp_path).digest())
    (directory / "vendor.lock").write_text(f"tomli==1 --hash=sha256:{HASH}\n")
    seen.append(inputs(tmp_path).digest())
    (tmp_path / "packages/buildpack-api/src/buildpack_api/__init__.py").write_text("y = 1\n")
    seen.append(inputs(tmp_path).digest())
    seen += [inputs(tmp_path).digest("fact"), inputs(tmp_path).digest("fa", "ct")]
    assert len(set(seen)) == len(seen)


def test_other_changes_do_not_change_the_digest(tmp_path: Path, directory: Path) -> None:
    """File times, write permissions and files beside the buildpack's parts."""
    before = inputs(tmp_path).digest()
    os.utime(directory / "src/sample/build.py", (1, 1))
    (directory / "src/sample/build.py").chmod(0o600)
    write(directory / "TODO")
    assert inputs(tmp_path).digest() == before


def test_links_inside_are_kept(tmp_path: Path, directory: Path) -> None:
    """To files and folders, existing or not."""
    write(directory / "data/a/b/file")
    (directory / "data/a/up").symlink_to("../a/b")
    (directory / "data/nowhere").symlink_to("absent")
    assert {file.name: file.link for file in inputs(tmp_path).files if file.link} == {
        "data/a/up": "../a/b",
        "data/nowhere": "absent",
    }


@pytest.mark.parametrize("target", ["/etc/hostname", "../../../LICENSE", "inner/../../../x"])
def test_links_that_leave_the_folder_are_refused(tmp_path: Path, directory: Path, target: str) -> None:
    """On another machine they would lead somewhere else."""
    write(directory / "data/inner/x")
    (directory / "data/link").symlink_to(target)
    with pytest.raises(CheckFailed, match="leaves the folder") as caught:
        inputs(tmp_path)
    assert caught.value.file == directory / "data/link"


def test_a_name_that_pack_refuses_is_refused_here(tmp_path: Path, directory: Path) -> None:
    """It takes every `..` in a path for an attack."""
    write(directory / "data/a..b.txt")
    with pytest.raises(CheckFailed, match=r'"\.\." in it') as caught:
        inputs(tmp_path)
    assert caught.value.file == directory / "data/a..b.txt"


def test_a_name_that_is_no_text_is_refused(tmp_path: Path, directory: Path) -> None:
    """Shown in a printable form."""
    (directory / "data").mkdir()
    with open(os.fsencode(directory) + b"/data/\xff", "wb"):  # noqa: PTH123  a path of bytes
        pass
    with pytest.raises(CheckFailed, match="not UTF-8") as caught:
        inputs(tmp_path)
    assert str(caught.value).isascii()


def test_a_pipe_is_refused(tmp_path: Path, directory: Path) -> None:
    """And not waited for."""
    (directory / "data").mkdir()
    os.mkfifo(directory / "data/pipe")
    with pytest.raises(CheckFailed, match="only files, folders and links"):
        inputs(tmp_path)


@pytest.mark.parametrize(
    ("gone", "message"),
    [
        ("buildpacks/a/detect", "this directory is missing; it becomes detect/"),
        ("packages/buildpack-api/share/bin", "no library has the programs of a buildpack"),
        ("packages/buildpack-api/src", "it becomes lib/"),
        ("buildpacks/a/src/sample/__init__.py", "exactly one Python package"),
        ("buildpacks/a/src/sample/build.py", "the module `build`"),
    ],
)
def test_a_missing_part_is_named(tmp_path: Path, directory: Path, gone: str, message: str) -> None:
    """With what it is for."""
    (tmp_path / gone).rename(tmp_path / "elsewhere")
    with pytest.raises(CheckFailed, match=message):
        inputs(tmp_path)


def test_two_libraries_cannot_both_have_a_file(tmp_path: Path, directory: Path) -> None:
    """One would hide the other."""
    write(tmp_path / "packages/other/src/buildpack_api/__init__.py")
    write_settings(tmp_path)
    with pytest.raises(CheckFailed, match=r"both become lib/buildpack_api/__init__\.py"):
        inputs(tmp_path)


def test_two_packages_are_ambiguous(tmp_path: Path, directory: Path) -> None:
    """It would be unclear which one is started."""
    write(directory / "src/other/__init__.py")
    with pytest.raises(CheckFailed, match="exactly one Python package") as caught:
        inputs(tmp_path)
    assert caught.value.detail == "Found: other, sample"


@pytest.mark.usefixtures("file_modes_count")
def test_an_unreadable_folder_is_an_error(tmp_path: Path, directory: Path) -> None:
    """Never an empty part of the package."""
    write(directory / "data/x")
    (directory / "data").chmod(0)
    try:
        with pytest.raises(ReleaseError, match="cannot read this: Permission denied"):
            inputs(tmp_path)
    finally:
        (directory / "data").chmod(0o755)


def test_folders_without_end_are_refused(tmp_path: Path, directory: Path) -> None:
    """A walk that calls itself gives up at a thousand, and so do the tools that read packages."""
    write(directory / "data" / "/".join("d" * 300) / "file")
    with pytest.raises(CheckFailed, match="more than 100 levels deep"):
        inputs(tmp_path)
