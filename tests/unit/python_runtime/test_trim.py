"""What runs a buildpack's own code is kept of an archive; the rest, and harm, stays out."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import tarfile
from typing import TYPE_CHECKING

import pytest

from buildpack_api.errors import DownloadError
from python_runtime.trim import is_kept, trim
from support.elf_files import AARCH64, EXECUTABLE, elf_file
from support.python_archives import pack

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

LIB = "lib/python3.14"
LIBPYTHON = "lib/libpython3.14.so.1.0"
FILES: Mapping[str, bytes] = {
    "bin/python3.14": elf_file(["libc.so.6"], kind=EXECUTABLE),
    "bin/pip3": b"x",
    f"{LIB}/os.py": b"sep = '/'\n",
    f"{LIB}/lib-dynload/_json.so": elf_file(["libc.so.6"]),
    f"{LIB}/lib-dynload/_tkinter.so": b"x",
    f"{LIB}/test/test_os.py": b"x = 1\n",
    f"{LIB}/site-packages/pip/__init__.py": b"x = 1\n",
    f"{LIB}/unittest/__init__.py": b"x = 1\n",
    f"{LIB}/config-3.14-x86_64-linux-gnu/Makefile": b"x",
    f"{LIB}/__pycache__/os.cpython-39.pyc": b"x",
    "lib/libssl.so.3": elf_file(["libc.so.6"]),
    LIBPYTHON: elf_file(["libc.so.6"]),
    "lib/tcl9.0/init.tcl": b"x",
    "include/python/Python.h": b"x",
    "share/man/python.1": b"x",
}
LINKS = {"bin/python3": "python3.14"}


def names(tree: Path) -> set[str]:
    return {path.relative_to(tree).as_posix() for path in tree.rglob("*") if not path.is_dir()}


def test_only_what_our_code_uses_is_kept(tmp_path: Path) -> None:
    """The interpreter, its library and what that loads; no pip, tests, headers, Tk, manuals."""
    tree = tmp_path / "tree"
    assert trim(pack(tmp_path / "a.tar.gz", FILES, LINKS), tree) == ("3.14", "amd64")
    assert names(tree) == {
        "bin/python3.14",
        "bin/python3",
        "lib/libssl.so.3",
        f"{LIB}/os.py",
        f"{LIB}/unittest/__init__.py",
        f"{LIB}/lib-dynload/_json.so",
    }
    assert os.access(tree / "bin/python3.14", os.X_OK)


@pytest.mark.parametrize("needed", ["libpython3.14.so.1.0", "$ORIGIN/../lib/libpython3.14.so.1.0"])
def test_libpython_is_kept_for_an_interpreter_that_loads_it(tmp_path: Path, needed: str) -> None:
    """Also one that names it by a path, as python-build-standalone's did until 2025."""
    files = {**FILES, "bin/python3.14": elf_file([needed], kind=EXECUTABLE)}
    trim(pack(tmp_path / "a.tar.gz", files, LINKS), tmp_path / "tree")
    assert LIBPYTHON in names(tmp_path / "tree")


@pytest.mark.parametrize(
    ("program", "arch"), [(elf_file(machine=AARCH64, kind=EXECUTABLE), "arm64"), (b"#!/bin/sh\nexit\n", "")]
)
def test_what_it_is_for_is_told(tmp_path: Path, program: bytes, arch: str) -> None:
    """Of a script it cannot be."""
    archive = pack(tmp_path / "a.tar.gz", {**FILES, "bin/python3.14": program})
    assert trim(archive, tmp_path / "tree") == ("3.14", arch)


def test_a_missing_name_and_a_missing_folder_are_added(tmp_path: Path) -> None:
    """The launchers start python3; without lib-dynload an interpreter complains at every start."""
    files = {name: data for name, data in FILES.items() if "lib-dynload" not in name}
    trim(pack(tmp_path / "a.tar.gz", files), tmp_path / "tree")
    assert str((tmp_path / "tree/bin/python3").readlink()) == "python3.14"
    assert (tmp_path / f"tree/{LIB}/lib-dynload").is_dir()


def test_hard_links_become_files(tmp_path: Path) -> None:
    """Some archives have them; a package has none."""
    archive = pack(tmp_path / "a.tar.gz", FILES, {"bin/python3": "python/bin/python3.14"}, tarfile.LNKTYPE)
    trim(archive, tmp_path / "tree")
    assert (tmp_path / "tree/bin/python3").read_bytes() == FILES["bin/python3.14"]


@pytest.mark.parametrize(
    ("links", "kind"),
    [
        ({"lib/x": "/etc/passwd"}, tarfile.SYMTYPE),
        ({f"{LIB}/x": "../../../../etc/passwd"}, tarfile.SYMTYPE),
        ({"lib/here": ".", "lib/x": "here/../../../evil"}, tarfile.SYMTYPE),
        ({"lib/null": ""}, tarfile.CHRTYPE),
        ({"lib/x": "python/../../evil"}, tarfile.LNKTYPE),
    ],
)
def test_harm_is_refused_and_leaves_nothing(tmp_path: Path, links: dict[str, str], kind: bytes) -> None:
    """Links out of it, also by way of another link, and devices; nobody says its SHA-256 was right."""
    with pytest.raises(DownloadError) as caught:
        trim(pack(tmp_path / "a.tar.gz", FILES, links, kind), tmp_path / "tree")
    assert caught.value.title == "This archive of Python cannot be used"
    assert "SHA-256" not in caught.value.detail
    assert [path.name for path in tmp_path.iterdir()] == ["a.tar.gz"]


@pytest.mark.parametrize("name", ["../evil", "../../evil", "bin/../../../evil"])
def test_members_out_of_the_archive_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "in").mkdir()
    with pytest.raises(DownloadError, match="cannot be used"):
        trim(pack(tmp_path / "a.tar.gz", {name: b"x"}), tmp_path / "in/tree")
    assert not list(tmp_path.rglob("evil"))


def test_what_is_no_archive_of_python(tmp_path: Path) -> None:
    """One clear error each: no gzip, cut off, damaged, nothing inside, two of them."""
    whole = pack(tmp_path / "whole.tar.gz", FILES).read_bytes()
    flipped = whole[:-6] + bytes([whole[-6] ^ 1]) + whole[-5:]
    broken = {"text": b"hello", "cut": whole[: len(whole) // 2], "other": gzip.compress(b"x" * 999)}
    for name, data in {**broken, "flipped": flipped}.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(DownloadError, match="cannot be used"):
            trim(tmp_path / name, tmp_path / "tree")
    two = {**FILES, "bin/python3.13": b"x", "lib/python3.13/os.py": b""}
    for files in ({f"{LIB}/os.py": b""}, two):
        with pytest.raises(DownloadError, match="holds no Python"):
            trim(pack(tmp_path / "empty.tar.gz", files), tmp_path / "tree")
    assert not (tmp_path / "tree").exists()


def test_the_names_of_modules_do_not_matter_outside_the_library() -> None:
    assert is_kept("lib/engines-3/test.so")
    assert not is_kept("lib")
    assert not is_kept("lib/thread3.0.4/x")
    assert not is_kept("bin/tool/python3")


def program(order: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run it as packaging does."""
    code = f"import sys; sys.path[:0] = {sys.path!r}; from python_runtime.trim import main; main()"
    return subprocess.run(
        [sys.executable, "-I", "-S", "-c", code],
        input=json.dumps(order), capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_as_a_program_it_answers_in_json(tmp_path: Path) -> None:
    archive = pack(tmp_path / "a b.tar.gz", FILES, LINKS)
    done = program({"archive": str(archive), "tree": str(tmp_path / "a tree")})
    assert (done.returncode, json.loads(done.stdout), done.stderr) == (
        0,
        {"line": "3.14", "arch": "amd64"},
        "",
    )
    (tmp_path / "text").write_text("x")
    failed = program({"archive": str(tmp_path / "text"), "tree": str(tmp_path / "other")})
    assert failed.returncode == DownloadError.exit_code
    assert json.loads(failed.stdout)["detail"] == "It is damaged: not a gzip file."
    (tmp_path / "file").touch()
    blocked = program({"archive": str(archive), "tree": str(tmp_path / "file/tree")})
    assert blocked.returncode != 0
