"""How much room a directory takes, and how to say so."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_STEP = 1000
_UNITS = ("kB", "MB", "GB", "TB")


def tree_size(tree: Path) -> int:
    """Return the bytes in all files below ``tree``: each hard link once, symbolic links not followed.

    So a layer counts what its tar archive holds. What cannot be read, or is not there, counts nothing.
    """
    size = 0
    linked: set[tuple[int, int]] = set()
    for folder, _, names in os.walk(tree):
        for name in names:
            status = os.lstat(os.path.join(folder, name))  # noqa: PTH118  (thousands of files)
            if status.st_nlink > 1:
                if (status.st_dev, status.st_ino) in linked:
                    continue
                linked.add((status.st_dev, status.st_ino))
            size += status.st_size
    return size


def readable_size(size: int) -> str:
    """Return a number of bytes for people, in decimal units: ``0 bytes``, ``1.5 kB``, ``12.0 MB``."""
    if size < _STEP:
        return "1 byte" if size == 1 else f"{size} bytes"
    amount, unit = size / _STEP, 0
    while round(amount, 1) >= _STEP and unit < len(_UNITS) - 1:
        amount, unit = amount / _STEP, unit + 1
    return f"{amount:.1f} {_UNITS[unit]}"
