"""How much room a directory takes, and how to say so."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_STEP = 1000
_UNITS = ("kB", "MB", "GB", "TB")


def tree_size(tree: Path) -> int:
    """Return the bytes in all files below ``tree``: each hard link once, symbolic links count nothing.

    So a layer counts what its tar archive holds. What cannot be read, or is not there, counts nothing.
    """
    size = 0
    linked: set[tuple[int, int]] = set()
    for status in _files(tree):
        if status.st_nlink > 1:
            if (status.st_dev, status.st_ino) in linked:
                continue
            linked.add((status.st_dev, status.st_ino))
        size += status.st_size
    return size


def _files(tree: Path) -> Iterator[os.stat_result]:
    """Yield the status of each file. There may be thousands: no list of them, and no path, is made."""
    folders = [os.fspath(tree)]
    while folders:
        with suppress(OSError), os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                elif not entry.is_symlink():
                    yield entry.stat(follow_symlinks=False)


def readable_size(size: int) -> str:
    """Return a number of bytes for people, in decimal units: ``0 bytes``, ``1.5 kB``, ``12.0 MB``."""
    if size < _STEP:
        return "1 byte" if size == 1 else f"{size} bytes"
    amount, unit = size / _STEP, 0
    while round(amount, 1) >= _STEP and unit < len(_UNITS) - 1:
        amount, unit = amount / _STEP, unit + 1
    return f"{amount:.1f} {_UNITS[unit]}"
