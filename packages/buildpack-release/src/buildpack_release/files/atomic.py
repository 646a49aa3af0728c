"""Files that appear whole or not at all: written beside their final place, then renamed."""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PARTIAL = ".partial"
"""How the names of unfinished files end. They begin with a dot."""


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """Give a new path to write to; what is there becomes `path` when the block ends well, else it is removed.

    Any number of processes and threads may write the same file: the last one wins. Only what is killed leaves
    an unfinished file. Raises OSError when the file cannot be put into its place.
    """
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}{PARTIAL}")
    try:
        yield unfinished
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def write_bytes(path: Path, data: bytes) -> None:
    """Replace the content of a file, or make the file. Raises OSError; what was there is there still then."""
    with beside(path) as unfinished:
        unfinished.write_bytes(data)
