"""Replacing files and removing trees so that an interruption leaves nothing half valid; hashing files."""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import IO

PARTIAL = ".partial"
"""How the names of unfinished files end. They begin with a dot.

To the lifecycle every ``*.toml`` of a layers directory is a layer.
"""

_BLOCK = 1 << 18


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """Yield a new path to write to; it becomes ``path`` if the block ends well, else it is removed.

    Any number of processes and threads may write the same file: the last one wins. Only what is killed leaves
    an unfinished file. Raises OSError when the file cannot be put into its place.
    """
    unfinished = path.with_name(f".{path.name}.{os.urandom(4).hex()}{PARTIAL}")
    try:
        yield unfinished
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def write_atomically(path: Path, content: bytes) -> None:
    """Replace the content of a file, or make the file. Raises OSError; what was there is still there then."""
    with beside(path) as unfinished:
        unfinished.write_bytes(content)


def write_private(path: Path, content: bytes, *, mode: int = 0o600, again: bool = False) -> str:
    """Write a file that nobody else can read, and return its path."""
    flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if again else os.O_EXCL)
    with os.fdopen(os.open(path, flags, mode), "wb") as file:
        file.write(content)
    return str(path)


def remove(path: Path) -> None:
    """Remove a file, a symbolic link (never its target) or a tree, read-only directories included."""
    if not os.path.lexists(path):
        return
    if path.is_symlink() or not path.is_dir():
        path.unlink()
        return
    try:
        _remove_tree(path)
    except PermissionError:
        _make_directories_writable(path)
        _remove_tree(path)


def file_sha256(path: Path | str) -> str:
    """Return the SHA-256 of a file, in hex. Raises OSError."""
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)  # of thousands of small files, an object takes a third
    try:
        return descriptor_sha256(file)
    finally:
        os.close(file)


def descriptor_sha256(file: int) -> str:
    """Return the SHA-256 of the rest of what a descriptor is open for, in hex. Raises OSError."""
    return _sha256(lambda size: os.read(file, size))


def sha256_of(file: IO[bytes]) -> str:
    """Return the SHA-256 of the rest of an open file, in hex; it is read in blocks, whatever its size."""
    return _sha256(file.read)


def _sha256(read: Callable[[int], bytes]) -> str:
    import hashlib  # loads OpenSSL

    digest = hashlib.sha256()
    while block := read(_BLOCK):
        digest.update(block)
    return digest.hexdigest()


def _remove_tree(path: Path) -> None:
    import shutil  # with its archive formats it is a good part of the start-up

    try:
        shutil.rmtree(path)
    except RecursionError:  # up to Python 3.12 it calls itself for each level
        _remove_deep(path)


def _make_directories_writable(root: Path) -> None:
    folders = [os.fspath(root)]
    while folders:
        folder = folders.pop()
        os.chmod(folder, os.stat(folder).st_mode | stat.S_IRWXU)  # noqa: PTH101, PTH116  (text: may be many)
        with os.scandir(folder) as entries:
            folders += [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]


def _remove_deep(root: Path) -> None:
    folders, seen = [os.fspath(root)], list[str]()
    while folders:
        folder = folders.pop()
        seen.append(folder)
        with os.scandir(folder) as entries:
            for entry in list(entries):
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                else:
                    os.unlink(entry.path)  # noqa: PTH108
    for folder in reversed(seen):
        os.rmdir(folder)  # noqa: PTH106
