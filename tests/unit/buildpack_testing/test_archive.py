"""Archives must depend on nothing but names, modes and contents, and give a tree back as it was."""

from __future__ import annotations

import io
import os
import socket
import tarfile
from pathlib import Path

import pytest

from buildpack_testing.archive import LAYER_TIME, read_members, read_tree, write_tree


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    (root / "b" / "inner").mkdir(parents=True)
    (root / "a").write_text("one")
    (root / "b" / "program").write_text("#!/bin/sh\n")
    (root / "b" / "program").chmod(0o755)
    (root / "link").symlink_to("/somewhere/else")
    return root


def test_times_do_not_change_the_diff_id(tree: Path) -> None:
    first = write_tree(tree, io.BytesIO(), prefix="x")
    os.utime(tree / "a", (1, 1))
    assert write_tree(tree, io.BytesIO(), prefix="x") == first


@pytest.mark.parametrize("change", ["content", "mode", "name"])
def test_everything_else_changes_the_diff_id(tree: Path, change: str) -> None:
    first = write_tree(tree, io.BytesIO(), prefix="x").diff_id
    if change == "content":
        (tree / "a").write_text("two")
    elif change == "mode":
        (tree / "a").chmod(0o600)
    else:
        (tree / "a").rename(tree / "c")
    assert write_tree(tree, io.BytesIO(), prefix="x").diff_id != first


def test_a_hard_link_becomes_a_file_of_its_own(tree: Path) -> None:
    """The lifecycle archives links as copies: sizes and digests must say the same."""
    (tree / "z").hardlink_to(tree / "a")
    target = io.BytesIO()
    archive = write_tree(tree, target, prefix="x")
    assert archive.size == 3 + 3 + 10
    assert archive.files == 4
    target.seek(0)
    with tarfile.open(fileobj=target) as tar:
        assert tar.getmember("x/z").isreg()
        assert tar.getmember("x/z").mtime == LAYER_TIME


def test_a_tree_comes_back_with_modes_links_and_the_time_asked_for(tree: Path, tmp_path: Path) -> None:
    (tree / "b" / "inner").chmod(0o555)
    file = tmp_path / "x.tar"
    with file.open("wb") as stream:
        first = write_tree(tree, stream, prefix="x")
    read_tree(file, tmp_path / "out", time=1_000_000)
    out = tmp_path / "out" / "x"
    assert (out / "b" / "program").stat().st_mode & 0o777 == 0o755
    assert (out / "link").readlink() == Path("/somewhere/else")
    assert (out / "a").stat().st_mtime == 1_000_000
    assert write_tree(out, io.BytesIO(), prefix="x") == first


def test_a_socket_is_left_out(tree: Path, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        here = Path.cwd()
        os.chdir(tree)  # the name of a socket must be short
        try:
            one.bind("socket")
        finally:
            os.chdir(here)
        file = tmp_path / "x.tar"
        with file.open("wb") as stream:
            write_tree(tree, stream, prefix="x")
    assert read_members(file) == ("x", "x/a", "x/b", "x/b/inner", "x/b/program", "x/link")
