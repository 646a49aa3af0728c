from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

import buildpack_common
from buildpack_common.files import file_sha256, remove, sha256_of, write_atomically


def test_write_replaces_the_file_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(b"old")
    write_atomically(path, b"new")
    assert [(entry.name, entry.read_bytes()) for entry in tmp_path.iterdir()] == [("x.toml", b"new")]


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    (path / "not empty").mkdir(parents=True)
    with pytest.raises(OSError, match=r"x\.toml"):
        write_atomically(path, b"new")
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.toml"]


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
