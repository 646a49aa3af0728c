"""Deterministic tar archives of directory trees, as the lifecycle makes layers.

Same names, modes and contents give the same bytes: entries are sorted, times are fixed, owners are 0,
and a hard link is archived as a file of its own (see the lifecycle's archive package).
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

# 1980-01-01T00:00:01Z, the time the lifecycle gives to every file of a layer.
LAYER_TIME = 315532801

_UNKEPT_BITS = stat.S_ISUID | stat.S_ISGID


@dataclass(frozen=True)
class TreeArchive:
    """An archived tree: sha256 of the uncompressed tar, bytes in all files, number of files and links."""

    diff_id: str
    size: int
    files: int


class Writable(Protocol):
    """Something that takes bytes: a file, a compressor."""

    def write(self, data: bytes, /) -> int:
        """Take bytes, return how many."""
        ...


class _Digest(io.RawIOBase):
    """Passes writes on to a file and keeps their sha256."""

    def __init__(self, target: Writable) -> None:
        self.sha256 = hashlib.sha256()
        self._target = target

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = cast("bytes", data)
        self.sha256.update(piece)
        return self._target.write(piece)


def write_tree(tree: Path, target: Writable, *, prefix: str) -> TreeArchive:
    """Write tree as an uncompressed tar to target, its root named prefix. Raises OSError."""
    digest = _Digest(target)
    size = files = 0
    with tarfile.open(fileobj=digest, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        for path, name in _walk(tree, prefix):
            member = _member(tar, path, name)
            if member is None:
                continue
            files += not member.isdir()
            size += member.size
            _add(tar, member, path)
    return TreeArchive(f"sha256:{digest.sha256.hexdigest()}", size, files)


def read_tree(archive: Path, destination: Path, *, time: float, restored: bool = False) -> bool:
    """Unpack an archive of write_tree below destination; every file gets the modification time given.

    If it is `restored` from the cache, files with contents lose setuid and setgid: the kernel takes both when
    the lifecycle, which is not root, writes the contents. Return whether all is as it was archived.
    """
    with tarfile.open(archive) as tar:
        lost = [one for one in tar if restored and one.isreg() and _loses_bits(one.mode, one.size)]
        for member in lost:
            member.mode &= ~_UNKEPT_BITS
        unpack(tar, destination, _with_time(tar, time))
    return not lost


def unpack(tar: tarfile.TarFile, destination: Path, members: Iterable[tarfile.TarInfo] | None = None) -> None:
    """Unpack an archive that this project has made, or those members of it. Raises OSError, TarError."""
    # Nothing to filter: we know what is in it, and absolute links are legitimate in a layer.
    # Set on the object: 3.10 before .12 and 3.11 before .4 know no filter parameter.
    tar.extraction_filter = lambda member, _path: member
    tar.extractall(destination, members)  # noqa: S202 (see above)


def _with_time(tar: tarfile.TarFile, time: float) -> Iterator[tarfile.TarInfo]:
    for member in tar:
        member.mtime = time
        yield member


def read_members(archive: Path) -> tuple[str, ...]:
    """Return the names in an archive of write_tree."""
    with tarfile.open(archive) as tar:
        return tuple(tar.getnames())


def is_touched(
    tree: Path, since: int, *, but_for: frozenset[str] = frozenset(), restored: bool = False
) -> bool:
    """Return whether anything in a tree has changed since then (ns), but for these directories in its root.

    No program can set a ctime. A file that comes back from an archive as another one counts as changed if
    `restored`: one with hard links, or as `read_tree` says.
    """
    root = os.fspath(tree)
    if not tree.is_dir():
        return tree.lstat().st_ctime_ns > since
    folders = [root]
    while folders:
        folder = folders.pop()
        # Directories below the root may have been made anew in it.
        if not (but_for and folder == root) and os.lstat(folder).st_ctime_ns > since:
            return True
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    if not (folder == root and entry.name in but_for):
                        folders.append(entry.path)
                    continue
                found = entry.stat(follow_symlinks=False)
                if found.st_ctime_ns > since:
                    return True
                if restored and (found.st_nlink > 1 or _loses_bits(found.st_mode, found.st_size)):
                    return True
    return False


def _loses_bits(mode: int, size: int) -> bool:
    return bool(size and mode & _UNKEPT_BITS)


def set_times(tree: Path, time: float) -> None:
    """Give everything in a tree this modification time, as unpacking does. Raises OSError."""
    for folder, _, names in os.walk(tree):
        for name in names:
            os.utime(os.path.join(folder, name), (time, time), follow_symlinks=False)  # noqa: PTH118
        os.utime(folder, (time, time))


def _walk(path: Path, name: str) -> Iterator[tuple[Path, str]]:
    yield path, name
    if path.is_dir() and not path.is_symlink():
        for entry in sorted(os.listdir(path)):  # noqa: PTH208 (names, in byte-like order)
            yield from _walk(path / entry, f"{name}/{entry}")


def _member(tar: tarfile.TarFile, path: Path, name: str) -> tarfile.TarInfo | None:
    member = tar.gettarinfo(path, arcname=name)
    # typeshed knows no None, but a socket gives one; the lifecycle leaves sockets out too.
    if cast("tarfile.TarInfo | None", member) is None:
        return None
    if member.islnk():
        member.type, member.linkname, member.size = tarfile.REGTYPE, "", path.stat().st_size
    member.mtime = LAYER_TIME
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


def _add(tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    if member.isreg():
        with path.open("rb") as file:
            tar.addfile(member, file)
    else:
        tar.addfile(member)
