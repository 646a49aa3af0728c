"""Which distributions can be told from all others, file by file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from app_venv.environment.installed import installed_distributions
from app_venv.environment.records import recorded_hash
from app_venv.unchanged.ownership import OwnFiles, bytecode, own_files, read_tree, whole_folders

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SITE = "lib/python3.13/site-packages"
CODE = {"pkg/__init__.py": "", "pkg/one.two.py": "", "pkg/data/words.txt": ""}
OTHERS = {"other.py": ""}


def install(
    venv: Path, name: str, files: Mapping[str, str], *, unrecorded: Mapping[str, str] | None = None
) -> None:
    """Write files as an installer does, relative to the directory of packages, and record them."""
    info = f"{name}-1.0.dist-info"
    recorded = {**files, f"{info}/METADATA": f"Name: {name}\nVersion: 1.0\n"}
    for place, text in {**recorded, **(unrecorded or {})}.items():
        path = venv / SITE / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.resolve().parent.mkdir(parents=True, exist_ok=True)
        path.resolve().write_text(text)
    (venv / SITE / info / "RECORD").write_text("".join(f"{one},,\n" for one in (*recorded, f"{info}/RECORD")))


def owned(venv: Path) -> dict[str, OwnFiles]:
    return own_files(venv, read_tree(venv), installed_distributions(venv / SITE))


@pytest.fixture
def venv(tmp_path: Path) -> Path:
    """An environment with pkg, which has a command, and other."""
    root = tmp_path / "a b"
    install(root, "pkg", {**CODE, "../../../bin/pkg": "#!python\n"})
    install(root, "other", OTHERS)
    (root / "bin/activate").touch()
    (root / "include/python3.13").mkdir(parents=True)
    (root / "lib64").symlink_to("lib")
    (root / SITE / "strata-build-pip.pth").touch()
    return root


def test_files_with_their_byte_code_belong_to_who_has_recorded_them(venv: Path) -> None:
    cache = venv / SITE / "pkg/__pycache__"
    cache.mkdir()
    (cache / "one.two.cpython-313.pyc").touch()
    found = owned(venv)
    assert set(found) == {"pkg", "other"}
    assert found["pkg"].paths == (
        "bin/pkg",
        *(f"{SITE}/pkg-1.0.dist-info/{name}" for name in ("METADATA", "RECORD")),
        f"{SITE}/pkg/__init__.py",
        f"{SITE}/pkg/__pycache__/one.two.cpython-313.pyc",
        f"{SITE}/pkg/data/words.txt",
        f"{SITE}/pkg/one.two.py",
    )
    assert bytecode(found["pkg"].paths) == {f"{SITE}/pkg/__pycache__/one.two.cpython-313.pyc"}


@pytest.mark.parametrize(
    "files",
    [
        {"pkg/data/words.txt": ""},
        {"../../../bin/pkg": ""},
        {"pkg/../pkg/one.two.py": ""},
    ],
)
def test_what_two_have_recorded_belongs_to_neither(venv: Path, files: dict[str, str]) -> None:
    """Which of them has written it last is nowhere told."""
    install(venv, "third", files)
    assert set(owned(venv)) == {"other"}


def share(venv: Path, path: str, *hashes: str) -> None:
    """Let pkg and third have recorded a file with these hashes."""
    install(venv, "third", {path: ""})
    for name, digest in zip(("pkg", "third"), hashes, strict=True):
        record = venv / SITE / f"{name}-1.0.dist-info/RECORD"
        record.write_text(record.read_text().replace(f"{path},,", f"{path},{digest},0"))


SAME = recorded_hash(b"")


@pytest.mark.parametrize("path", ["../../../bin/pkg", "pkg/__init__.py"])
def test_what_two_have_recorded_with_one_hash_belongs_to_both(venv: Path, path: str) -> None:
    """TensorFlow and TensorBoard bring the same command, and NVIDIA's wheels the same module."""
    cache = venv / SITE / "pkg/__pycache__"
    cache.mkdir()
    (cache / "__init__.cpython-313.pyc").touch()
    share(venv, path, SAME, SAME)
    found, shared = owned(venv), os.path.normpath(f"{SITE}/{path}")
    assert set(found) == {"pkg", "other", "third"}
    assert {name: one.shared for name, one in found.items()} == {
        "pkg": {shared}, "third": {shared}, "other": frozenset(),
    }  # fmt: skip
    of_both = {*found["pkg"].paths} & {*found["third"].paths}
    assert of_both - bytecode(of_both) == {shared}
    assert bool(bytecode(of_both)) is path.endswith(".py")


def test_a_command_of_entry_points_has_the_same_permissions_whoever_brings_it(venv: Path) -> None:
    share(venv, "../../../bin/pkg", SAME, SAME)
    points = "pkg-1.0.dist-info/entry_points.txt"
    (venv / SITE / points).write_text("[console_scripts]\npkg = pkg:main\n")
    with (venv / SITE / "pkg-1.0.dist-info/RECORD").open("a") as record:
        record.write(f"{points},,\n")
    found = owned(venv)
    assert not found["pkg"].shared
    assert found["third"].shared == {"bin/pkg"}


@pytest.mark.parametrize("hashes", [(SAME, "sha256=b"), ("", SAME), ("md5=a", "md5=a")])
def test_what_two_have_recorded_otherwise_belongs_to_neither(venv: Path, hashes: tuple[str, str]) -> None:
    share(venv, "../../../bin/pkg", *hashes)
    assert set(owned(venv)) == {"other"}


@pytest.mark.parametrize(
    "files",
    [
        {"/etc/third": ""},
        {"../../../../third": ""},
        {"third/__pycache__/third.cpython-313.pyc": ""},
        {"third-1.0.dist-info/direct_url.json": '{"url": "file:///app"}'},
        {"third-1.0.dist-info/entry_points.txt": "[console_scripts]\nthird = third:main [more]\n"},
        {"third-1.0.dist-info/entry_points.txt": "no section\n"},
    ],
)
def test_what_is_not_like_an_ordinary_wheel_is_left_out(venv: Path, files: dict[str, str]) -> None:
    install(venv, "third", {one: text for one, text in files.items() if not one.startswith("/")})
    with (venv / SITE / "third-1.0.dist-info/RECORD").open("a") as record:
        record.writelines(f"{one},,\n" for one in files)
    assert set(owned(venv)) == {"pkg", "other"}


def test_a_file_that_is_missing_or_a_link_leaves_its_distribution_out(venv: Path) -> None:
    (venv / SITE / "other.py").unlink()
    (venv / SITE / "pkg/one.two.py").unlink()
    (venv / SITE / "pkg/one.two.py").symlink_to("__init__.py")
    assert owned(venv) == {}


@pytest.mark.parametrize("place", ["pkg/more.txt", "pkg/data/more/and/more.txt", "pkg/empty/"])
def test_what_nobody_has_recorded_may_be_of_whoever_is_beside_it(venv: Path, place: str) -> None:
    """A wheel that does not list all of its files would lose them."""
    path = venv / SITE / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.mkdir() if place.endswith("/") else path.touch()
    assert set(owned(venv)) == {"other"}


def test_beside_all_packages_it_may_be_of_anyone(venv: Path) -> None:
    (venv / SITE / "nobodys.py").touch()
    assert owned(venv) == {}


def test_the_tree_follows_no_links(venv: Path) -> None:
    found = read_tree(venv)
    assert found.links == {"lib64": str((venv / "lib64").readlink())}
    assert found.empty == {"include/python3.13"}
    assert not any(path.startswith("lib64/") for path in found.files)
    assert found.files["bin/activate"].st_ino == os.lstat(venv / "bin/activate").st_ino


def test_a_directory_is_whole_if_all_in_it_is_wanted_and_looks_as_a_new_one(venv: Path) -> None:
    """It is moved at once; what is in it beside that, or has other permissions, would come along."""
    found = read_tree(venv)
    mode = (venv / "bin").stat().st_mode & 0o7777
    wanted = {f"{SITE}/{name}" for name in CODE}
    assert whole_folders(found, wanted, mode) == {f"{SITE}/pkg"}
    assert whole_folders(found, {*found.files}, mode) == {"bin", SITE.partition("/")[0]}
    assert whole_folders(found, wanted - {f"{SITE}/pkg/one.two.py"}, mode) == {f"{SITE}/pkg/data"}
    (venv / SITE / "pkg/data").chmod(0o700)
    assert whole_folders(read_tree(venv), wanted, mode) == frozenset()
    (venv / SITE / "pkg/data").chmod(mode)
    (venv / SITE / "pkg/data/empty").mkdir()
    assert whole_folders(read_tree(venv), wanted, mode) == frozenset()
    (venv / SITE / "pkg/data/empty").rmdir()
    (venv / SITE / "pkg/link").symlink_to("data")
    assert whole_folders(read_tree(venv), wanted, mode) == {f"{SITE}/pkg/data"}


def test_a_file_that_has_become_a_link_is_one_in_the_tree(venv: Path) -> None:
    """Heavy files are put elsewhere at the end; the environment is not walked through again for it."""
    before, path = read_tree(venv), f"{SITE}/pkg/data/words.txt"
    (venv / path).unlink()
    (venv / path).symlink_to("/elsewhere")
    found, again = before.with_links(venv, [path]), read_tree(venv)
    assert found.links == again.links
    assert found.files.keys() == again.files.keys()
