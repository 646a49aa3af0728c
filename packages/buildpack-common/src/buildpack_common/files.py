"""Replacing files and removing trees so that an interruption leaves nothing half valid; hashing files."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import IO

_BLOCK = 1 << 20


def write_atomically(path: Path, content: bytes) -> None:
    """Write beside ``path``, then rename over it. Raises OSError; then ``path`` is as it was.

    The temporary name ends in ``.part``: to the lifecycle every ``*.toml`` of a layers directory is a layer.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def remove(path: Path) -> None:
    """Remove a file, a symbolic link (never its target) or a tree, read-only directories included."""
    if not os.path.lexists(path):
        return
    if path.is_symlink() or not path.is_dir():
        path.unlink()
        return
    import shutil  # noqa: PLC0415  (with its archive formats it is a good part of the start-up)

    try:
        shutil.rmtree(path)
    except PermissionError:
        _make_directories_writable(path)
        shutil.rmtree(path)


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hex. Raises OSError."""
    with path.open("rb", buffering=0) as file:
        return sha256_of(file)


def sha256_of(file: IO[bytes]) -> str:
    """Return the SHA-256 of the rest of an open file, in hex; it is read in blocks, whatever its size."""
    import hashlib  # noqa: PLC0415  (loads OpenSSL)

    digest = hashlib.sha256()
    while block := file.read(_BLOCK):
        digest.update(block)
    return digest.hexdigest()


def _make_directories_writable(root: Path) -> None:
    root.chmod(root.stat().st_mode | stat.S_IRWXU)
    for folder, names, _ in os.walk(root):
        for name in names:
            directory = Path(folder, name)
            if not directory.is_symlink():
                directory.chmod(directory.stat().st_mode | stat.S_IRWXU)
