"""Sizes are those of what a layer's archive holds, and readable."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from buildpack_api.sizes import readable_size, tree_size

if TYPE_CHECKING:
    from pathlib import Path


def test_hard_links_count_once_and_symbolic_links_nothing(tmp_path: Path) -> None:
    """A file that lies elsewhere, with a link in its place, takes the room that it has there, and no more."""
    tree = tmp_path / "tree"
    (tree / "deep" / "er").mkdir(parents=True)
    (tree / "file").write_bytes(b"x" * 1000)
    os.link(tree / "file", tree / "deep" / "same file")
    (tree / "deep" / "er" / "other").write_bytes(b"y" * 20)
    (tmp_path / "outside").write_bytes(b"z" * 5000)
    (tree / "link").symlink_to(tmp_path / "outside")
    (tree / "directory link").symlink_to(tmp_path)
    assert tree_size(tree) == 1000 + 20


def test_a_file_linked_from_outside_the_tree_counts(tmp_path: Path) -> None:
    """Wheels and archives are linked into place from caches."""
    (tmp_path / "tree").mkdir()
    (tmp_path / "cache").write_bytes(b"x" * 7)
    os.link(tmp_path / "cache", tmp_path / "tree" / "file")
    assert tree_size(tmp_path / "tree") == 7


def test_what_is_not_there_has_no_size(tmp_path: Path) -> None:
    assert tree_size(tmp_path / "nowhere") == 0


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (1550, "1.6 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (43_500_000, "43.5 MB"),
        (2_000_000_000, "2.0 GB"),
        (5 * 10**15, "5000.0 TB"),
    ],
)
def test_sizes_are_readable(size: int, text: str) -> None:
    assert readable_size(size) == text
