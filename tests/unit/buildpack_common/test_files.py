from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import buildpack_common
from buildpack_common.files import PARTIAL, beside, file_sha256, remove, sha256_of, write_atomically


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_made_or_replaced_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    for content in (b"one", b""):
        write_atomically(tmp_path / "a file", content)
        assert (tmp_path / "a file").read_bytes() == content
    assert names(tmp_path) == ["a file"]


def test_until_the_end_the_old_content_is_there(tmp_path: Path) -> None:
    """Whoever reads meanwhile sees a whole file, and can tell the unfinished one by its name."""
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with beside(path) as unfinished:
        unfinished.write_bytes(b"new")
        assert path.read_bytes() == b"old"
        assert unfinished.name.startswith(".")
        assert unfinished.name.endswith(PARTIAL)
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize("fault", [ValueError, KeyboardInterrupt])
def test_what_ends_badly_leaves_the_old_content_alone(tmp_path: Path, fault: type[BaseException]) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def fail() -> None:
        with beside(path) as unfinished:
            unfinished.write_bytes(b"half")
            raise fault

    with pytest.raises(fault):
        fail()
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


def test_a_place_that_cannot_be_taken_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        write_atomically(tmp_path / "folder", b"x")
    assert names(tmp_path) == ["folder"]
    with pytest.raises(FileNotFoundError):
        write_atomically(tmp_path / "missing" / "file", b"x")


def test_several_writers_do_not_disturb_each_other(tmp_path: Path) -> None:
    """Each content is that of one of them, at any time."""
    contents = [bytes([number]) * 100_000 for number in range(4)]
    path = tmp_path / "file"

    def write(data: bytes) -> None:
        for _ in range(20):
            write_atomically(path, data)

    writers = [threading.Thread(target=write, args=(data,)) for data in contents]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        if path.exists():
            assert path.read_bytes() in contents
    for writer in writers:
        writer.join()
    assert names(tmp_path) == ["file"]


def test_remove_takes_files_trees_and_what_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "tree/below").mkdir(parents=True)
    (tmp_path / "file").touch()
    for name in ("tree", "file", "absent"):
        remove(tmp_path / name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("target", ["kept", "gone"])
def test_remove_takes_a_link_and_never_its_target(tmp_path: Path, target: str) -> None:
    (tmp_path / "kept").mkdir()
    link = tmp_path / "link"
    link.symlink_to(tmp_path / target)
    remove(link)
    assert [entry.name for entry in tmp_path.iterdir()] == ["kept"]


def test_read_only_directories_are_removed_and_targets_of_links_keep_their_mode(
    tmp_path: Path, without_privileges: list[str]
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    outside.chmod(0o555)
    inner = tmp_path / "tree/a/b"
    inner.mkdir(parents=True)
    (inner / "file").touch()
    (inner / "link").symlink_to(outside)
    for directory in (inner, inner.parent, tmp_path / "tree"):
        directory.chmod(0o500)
    code = (
        "import sys; from pathlib import Path; sys.path[:0] = sys.argv[1:2]\n"
        "from buildpack_common.files import remove; remove(Path(sys.argv[2]))"
    )
    package = str(Path(buildpack_common.__file__).parents[1])
    subprocess.run([*without_privileges, sys.executable, "-c", code, package, tmp_path / "tree"], check=True)
    assert not (tmp_path / "tree").exists()
    assert outside.stat().st_mode & 0o777 == 0o555


def test_a_file_is_hashed_beyond_its_first_block_and_an_open_one_from_where_it_is(tmp_path: Path) -> None:
    content = bytes(range(256)) * 5000
    path = tmp_path / "x"
    path.write_bytes(content)
    assert file_sha256(path) == hashlib.sha256(content).hexdigest()
    with path.open("rb") as file:
        file.seek(1000)
        assert sha256_of(file) == hashlib.sha256(content[1000:]).hexdigest()


def test_a_tree_of_any_depth_is_removed(tmp_path: Path) -> None:
    """Deeper than a function can call itself, with files, links and read-only folders."""
    tree = tmp_path / "tree"
    tree.mkdir()
    folder = os.open(tree, os.O_RDONLY)
    for _ in range(1_200):
        os.mkdir("d", dir_fd=folder)
        below = os.open("d", os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = below
    os.symlink(tmp_path, "link", dir_fd=folder)
    os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=folder))
    os.fchmod(folder, 0o500)
    os.close(folder)
    remove(tree)
    assert names(tmp_path) == []
