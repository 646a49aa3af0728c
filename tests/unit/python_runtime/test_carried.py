"""What an offline package carries is found by its digest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from python_runtime.carried import bundled_archive, carried_archives

if TYPE_CHECKING:
    from pathlib import Path


def test_an_archive_inside_the_buildpack_is_found_by_its_sha256(tmp_path: Path) -> None:
    sha256 = "ab" * 32
    assert bundled_archive(tmp_path, sha256) is None

    (tmp_path / "archives").mkdir()
    (tmp_path / "archives" / f"{'cd' * 32}.tar.gz").touch()
    assert bundled_archive(tmp_path, sha256) is None

    (tmp_path / "archives" / f"{sha256}.tar.gz").touch()
    assert bundled_archive(tmp_path, sha256) == tmp_path / "archives" / f"{sha256}.tar.gz"


def test_carried_are_the_digests_of_files_alone(tmp_path: Path) -> None:
    assert carried_archives(tmp_path) == frozenset()
    (tmp_path / "archives" / ("ab" * 32)).mkdir(parents=True)
    (tmp_path / "archives" / f"{'cd' * 32}.tar.gz").touch()
    assert carried_archives(tmp_path) == {"cd" * 32}
