"""What every writer of files in caches, layouts and repositories relies on."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from buildpack_release.files.atomic import PARTIAL, beside, write_bytes

if TYPE_CHECKING:
    from pathlib import Path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_made_or_replaced_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    for content in (b"one", b""):
        write_bytes(tmp_path / "a file", content)
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
        write_bytes(tmp_path / "folder", b"x")
    assert names(tmp_path) == ["folder"]
    with pytest.raises(FileNotFoundError):
        write_bytes(tmp_path / "missing" / "file", b"x")


def test_several_writers_do_not_disturb_each_other(tmp_path: Path) -> None:
    """Each content is that of one of them, at any time."""
    contents = [bytes([number]) * 100_000 for number in range(4)]
    path = tmp_path / "file"

    def write(data: bytes) -> None:
        for _ in range(20):
            write_bytes(path, data)

    writers = [threading.Thread(target=write, args=(data,)) for data in contents]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        if path.exists():
            assert path.read_bytes() in contents
    for writer in writers:
        writer.join()
    assert names(tmp_path) == ["file"]
