"""Tar archives that depend on names, contents and executable bits alone.

Owner root, no owner names, one fixed time, two modes, no extended attributes. USTAR headers; a PAX header
precedes those that USTAR cannot express (long or non-ASCII names, 8 GiB and more).
"""

from __future__ import annotations

import os
import stat
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_common.parsing import DEEPEST
from oci_registry.content import BLOCK
from oci_registry.errors import ExpectedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

EPOCH = 315532801
"""1980-01-01T00:00:01Z, the time that pack and the lifecycle give to everything, in seconds since 1970."""
_RECORD = 512


@dataclass(frozen=True)
class TarEntry:
    """A member of an archive: a folder, a file (with `source` or `data`) or a symbolic link (with `link`)."""

    name: str
    kind: bytes = tarfile.DIRTYPE
    is_executable: bool = True
    source: Path | None = None
    data: bytes = b""
    link: str = ""

    @classmethod
    def file(cls, name: str, source: Path, *, is_executable: bool = False) -> TarEntry:
        """Return the entry of a file on disk."""
        return cls(name, tarfile.REGTYPE, is_executable, source)

    @classmethod
    def content(cls, name: str, data: bytes) -> TarEntry:
        """Return the entry of a file that is held in memory."""
        return cls(name, tarfile.REGTYPE, is_executable=False, data=data)


def tree_entries(directory: Path, name: str, *, programs: Iterable[str] = ()) -> Iterator[TarEntry]:
    """Yield a folder and everything in it, in lexical order and each folder before its content.

    Args:
        directory: the folder on disk.
        name: the path it gets in the archive.
        programs: paths in the folder that are executable whatever their mode on disk says.
    """
    yield TarEntry(name)
    yield from _content_entries(directory, name, {f"{name}/{program}" for program in programs})


def _content_entries(directory: Path, name: str, programs: set[str]) -> Iterator[TarEntry]:
    if name.count("/") > DEEPEST:
        raise ExpectedError(f"folders are in each other more than {DEEPEST} levels deep", file=directory)
    with os.scandir(directory) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        path = f"{name}/{entry.name}"
        if entry.is_symlink():
            yield TarEntry(path, tarfile.SYMTYPE, link=str(Path(entry.path).readlink()))
        elif entry.is_dir():
            yield TarEntry(path)
            yield from _content_entries(Path(entry.path), path, programs)
        elif entry.is_file():
            executable = bool(stat.S_IMODE(entry.stat().st_mode) & 0o111) or path in programs
            yield TarEntry.file(path, Path(entry.path), is_executable=executable)
        else:
            raise ExpectedError("only files, folders and links can be packaged", file=Path(entry.path))


def write_tar(entries: Iterable[TarEntry], sink: Callable[[bytes], object]) -> None:
    """Write an archive to `sink`, in pieces of at most one block.

    Raises:
        ExpectedError: a name cannot be written, or a file changes while it is read.
    """
    for entry in entries:
        if entry.source is None:
            sink(_header(entry, len(entry.data)))
            sink(entry.data + _padding(len(entry.data)))
        else:
            _write_file(entry, entry.source, sink)
    sink(bytes(2 * _RECORD))


def _write_file(entry: TarEntry, source: Path, sink: Callable[[bytes], object]) -> None:
    with source.open("rb", buffering=0) as file:
        size = left = os.fstat(file.fileno()).st_size
        sink(_header(entry, size))
        while left and (block := file.read(min(BLOCK, left))):
            sink(block)
            left -= len(block)
        if left or file.read(1):
            raise ExpectedError("this file changed while it was packaged", file=source)
    sink(_padding(size))


def _header(entry: TarEntry, size: int) -> bytes:
    _check_names(entry)
    info = tarfile.TarInfo(entry.name)
    info.type = entry.kind
    info.mode = 0o777 if entry.kind == tarfile.SYMTYPE else 0o755 if entry.is_executable else 0o644
    info.mtime = EPOCH
    info.linkname = entry.link
    info.size = size
    try:
        if info.name.isascii() and info.linkname.isascii() and not _loses_its_slash(entry):
            return info.tobuf(tarfile.USTAR_FORMAT)
    except ValueError:
        pass  # too long or too large for USTAR
    return info.tobuf(tarfile.PAX_FORMAT)


def _loses_its_slash(entry: TarEntry) -> bool:
    """Return whether tarfile would split the name at its very beginning, which no reader puts back.

    USTAR has a field of 100 bytes for the end of a name, and one for what comes before a slash; tarfile puts
    a slash at the end of a folder's name.
    """
    length = len(entry.name) + (entry.kind == tarfile.DIRTYPE)
    return entry.name.startswith("/") and length == tarfile.LENGTH_NAME + 1


def _check_names(entry: TarEntry) -> None:
    try:
        f"{entry.name}{entry.link}".encode()
    except UnicodeEncodeError:
        raise ExpectedError(f"a file name that is not UTF-8 cannot be packaged: {entry.name!a}") from None


def _padding(size: int) -> bytes:
    return bytes(-size % _RECORD)
