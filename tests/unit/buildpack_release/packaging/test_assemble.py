from __future__ import annotations

import os
import shutil
import stat
from typing import TYPE_CHECKING

import pytest

from buildpack_common.parsing import parse_toml
from buildpack_release.bytecode.interpreters import installed_interpreters
from buildpack_release.bytecode.toolchain import Toolchain
from buildpack_release.errors import ReleaseError, UsageError
from buildpack_release.model.repository import Repository
from buildpack_release.packaging.assemble import assemble, assemble_all
from support.sample_repository import component, composite, library, plan, write, write_settings
from support.wheels import Project, make_wheel, sha256

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def toolchain(tmp_path: Path) -> Toolchain:
    """No bytecode, and a cache that holds two wheels."""
    for name in ("demo", "tool"):
        wheel = make_wheel(Project(name), tmp_path / "made")
        place = tmp_path / "cache/wheels" / sha256(wheel) / wheel.name
        place.parent.mkdir(parents=True)
        wheel.replace(place)
    return Toolchain((), (), tmp_path / "cache")


@pytest.fixture
def root(tmp_path: Path, toolchain: Toolchain) -> Path:
    """A repository with a component that vendors both wheels, each in its way."""
    root = tmp_path / "a repository"
    library(root)
    directory = component(root, "acme/a", plans={"10-x": ("x.txt", plan(provides=("a",)))})
    for lock, name in (("vendor.lock", "demo"), ("wheels.lock", "tool")):
        (digest,) = (path.parent.name for path in toolchain.cache.rglob(f"{name}-*.whl"))
        write(directory / lock, f"{name}==1.0 --hash=sha256:{digest}\n")
    composite(root, "acme/all", ["acme/a"])
    return root


def build(root: Path, toolchain: Toolchain, buildpack_id: str = "acme/a") -> Path:
    repository = Repository.discover(root)
    return assemble(repository, repository.get(buildpack_id), root / "build", toolchain=toolchain)


def listing(folder: Path) -> dict[str, str]:
    """Modes and contents."""
    found = {}
    for path in sorted(folder.rglob("*")):
        mode = stat.filemode(path.lstat().st_mode)
        if path.is_symlink():
            content = str(path.readlink())
        else:
            content = path.read_text("latin-1") if path.is_file() else ""
        found[path.relative_to(folder).as_posix()] = f"{mode} {content}"
    return found


def test_an_assembled_component(root: Path, toolchain: Toolchain) -> None:
    """Everything in its place; the entry point starts the one package there is."""
    folder = build(root, toolchain)
    assert folder == root / "build/acme_a"
    names = set(listing(folder))
    assert {
        "bin/detect", "bin/build", "buildpack.toml", "LICENSE", "detect/10-x/plan.toml", "lib/__main__.py",
        "lib/buildpack_api/__init__.py", "lib/sample/build.py", "lib/demo.py",
        "lib/demo-1.0.dist-info/METADATA", "wheels/tool-1.0-py3-none-any.whl",
    } <= names  # fmt: skip
    assert "lib/tool.py" not in names
    assert "vendor.lock" not in names
    assert "from sample.build import build\n" in (folder / "lib/__main__.py").read_text()


def test_an_assembled_composite(root: Path, toolchain: Toolchain) -> None:
    """Descriptor and texts."""
    assert set(listing(build(root, toolchain, "acme/all"))) == {
        "CHANGELOG.md", "LICENSE", "README.md", "buildpack.toml",
    }  # fmt: skip


def test_modes_do_not_depend_on_the_umask_or_the_checkout(root: Path, toolchain: Toolchain) -> None:
    """So that another user can run the folder, and it is the same on all machines."""
    before = listing(build(root, toolchain))
    assert before["bin/detect"].startswith("-rwxr-xr-x")
    assert before["lib"].startswith("drwxr-xr-x")
    assert before["lib/sample/build.py"].startswith("-rw-r--r--")
    shutil.rmtree(root / "build")
    (root / "buildpacks/a/src/sample/build.py").chmod(0o600)
    umask = os.umask(0o077)
    try:
        assert listing(build(root, toolchain)) == before
    finally:
        os.umask(umask)


def test_it_is_made_anew_when_an_input_changes(root: Path, toolchain: Toolchain) -> None:
    """A file that is gone from the sources is gone from the folder."""
    build(root, toolchain)
    (root / "buildpacks/a/src/sample/build.py").write_text("changed = 1\n")
    write(root / "buildpacks/a/src/sample/new.py")
    (root / "buildpacks/a/README.md").unlink()
    folder = build(root, toolchain)
    assert (folder / "lib/sample/build.py").read_text() == "changed = 1\n"
    assert (folder / "lib/sample/new.py").exists()
    assert not (folder / "README.md").exists()


def test_an_untouched_folder_is_used_again(root: Path, toolchain: Toolchain) -> None:
    """The second time costs reading it."""
    first = build(root, toolchain)
    inode = first.stat().st_ino
    assert build(root, toolchain).stat().st_ino == inode


@pytest.mark.parametrize("name", ["lib/sample/build.py", "lib/added.py", "bin/build", "detect"])
def test_a_folder_that_somebody_touched_is_made_anew(root: Path, toolchain: Toolchain, name: str) -> None:
    """Edits, additions, modes and losses: none of it may get into a package."""
    before = listing(build(root, toolchain))
    path = root / "build/acme_a" / name
    if name == "bin/build":
        path.chmod(0o644)
    elif path.is_dir():
        shutil.rmtree(path)
    else:
        path.write_text("edited")
    assert listing(build(root, toolchain)) == before


def test_a_failure_leaves_the_old_folder(root: Path, toolchain: Toolchain) -> None:
    """And nothing half-made under its name."""
    before = listing(build(root, toolchain))
    write(root / "packages/buildpack-api/src/buildpack_api/broken.py", "def f(:\n")
    interpreters = tuple(installed_interpreters().values())[:1]
    with pytest.raises(ReleaseError, match="does not compile"):
        build(root, Toolchain(interpreters, (), toolchain.cache))
    assert listing(root / "build/acme_a") == before
    assert not (root / "build/.staging").exists()


def test_own_code_wins_no_name_clash_with_a_wheel(root: Path, toolchain: Toolchain) -> None:
    """A wheel that would replace a file of the buildpack stops the build."""
    write(root / "packages/buildpack-api/src/buildpack_api/__init__.py", "ours")
    bad = make_wheel(Project("bad", files={"buildpack_api/__init__.py": "theirs"}), root)
    place = toolchain.cache / "wheels" / sha256(bad) / bad.name
    place.parent.mkdir()
    bad.replace(place)
    write(root / "buildpacks/a/vendor.lock", f"bad==1.0 --hash=sha256:{place.parent.name}\n")
    with pytest.raises(ReleaseError, match="is there already"):
        build(root, toolchain)
    assert not (root / "build/acme_a").exists()


def test_links_are_kept(root: Path, toolchain: Toolchain) -> None:
    """With their text."""
    write(root / "buildpacks/a/data/x")
    (root / "buildpacks/a/data/link").symlink_to("x")
    assert listing(build(root, toolchain))["data/link"] == "lrwxrwxrwx x"


def test_bytecode_is_made_for_all_modules(root: Path, toolchain: Toolchain) -> None:
    """Ours and vendored ones, the entry point too."""
    interpreters = tuple(installed_interpreters().values())[:1]
    folder = build(root, Toolchain(interpreters, (), toolchain.cache))
    sources = sorted(path.stem for path in (folder / "lib").rglob("*.py"))
    assert sorted(path.name.partition(".")[0] for path in folder.rglob("*.pyc")) == sources
    assert {"__main__", "demo", "build"} <= set(sources)


def test_several_at_once(root: Path, monkeypatch: pytest.MonkeyPatch, toolchain: Toolchain) -> None:
    """What is asked for with its components, components first; each is told."""
    monkeypatch.setenv("STRATA_CACHE_DIR", str(toolchain.cache))
    said: list[str] = []
    repository = Repository.discover(root)
    folders = assemble_all(repository, ["acme/all"], root / "build", report=said.append)
    assert folders == [root / "build/acme_a", root / "build/acme_all"]
    assert [line for line in said if "acme" in line] == ["[1/2] acme/a@1.0.0", "[2/2] acme/all@1.0.0"]
    with pytest.raises(UsageError, match='no buildpack "acme/b"'):
        assemble_all(repository, ["acme/b"], root / "build", report=said.append)


def test_a_missing_minor_is_said(root: Path, monkeypatch: pytest.MonkeyPatch, toolchain: Toolchain) -> None:
    """Bytecode that is wanted and cannot be made is never left out silently."""
    monkeypatch.setattr("buildpack_release.bytecode.toolchain.installed", tuple)
    write_settings(root, 'bytecode = ["3.12"]\n')
    monkeypatch.setenv("STRATA_CACHE_DIR", str(toolchain.cache))
    said: list[str] = []
    assemble_all(Repository.discover(root), [], root / "build", report=said.append)
    assert said[0] == "No bytecode for Python 3.12: not installed on this machine"


def test_the_homepage_of_the_settings_is_that_of_all_that_name_none(root: Path, toolchain: Toolchain) -> None:
    """In the packaged buildpack.toml, of which all else stays; a setting that has changed is noticed."""
    own = write(root / "buildpacks/all/buildpack.toml", (root / "buildpacks/all/buildpack.toml").read_text())
    own.write_text(own.read_text().replace("[buildpack]", '[buildpack]\nhomepage = "https://own.example"'))
    before = build(root, toolchain) / "buildpack.toml"
    without = before.read_text()
    assert "homepage" not in without
    write_settings(root, 'repository-url = "https://forge.example/acme/x"\n')
    after = (build(root, toolchain) / "buildpack.toml").read_text()
    line = 'homepage = "https://forge.example/acme/x"\n'
    assert after.replace(line, "") == without
    assert parse_toml(after)["buildpack"]["homepage"] == "https://forge.example/acme/x"
    assert (build(root, toolchain, "acme/all") / "buildpack.toml").read_text() == own.read_text()
