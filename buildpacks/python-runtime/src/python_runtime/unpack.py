"""Unpacks a runtime's archive and trusts nothing in it, although its SHA-256 was right.

Names stay below the destination, links lead nowhere else, there are no devices, and sizes have limits. All
that depends on the machine is left out: owners, times, the umask, special mode bits.
"""

from __future__ import annotations

import gzip
import os
import shutil
import tarfile
import zlib
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from buildpack_api.errors import DownloadError
from buildpack_common.archives import ArchiveLimits, members, opened_tar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TOP = "python"
_ZSTD = b"\x28\xb5\x2f\xfd"  # RFC 8878, section 3.1.1
_LIMITS = ArchiveLimits(members=100_000, size=2 << 30)
_MAX_PADDING = 1 << 20
_MODE, _EXECUTABLE_MODE = 0o644, 0o755


@dataclass
class _Size:
    """The bytes in all files so far; a hard link counts, since it becomes a file of its own."""

    bytes: int = 0

    def add(self, size: int) -> None:
        self.bytes += size
        if self.bytes > _LIMITS.size:
            raise _refusal(f"it holds more than {_LIMITS.size >> 20} MiB")


def unpack(archive: IO[bytes], destination: Path, wanted: Callable[[str], bool]) -> int:
    """Unpack the folder ``python/`` of a .tar.gz into ``destination``, which must not exist.

    ``wanted`` is asked for each file with its path relative to that folder. Returns the number of bytes in
    all files of the archive, wanted or not. Raises UnusableArchive.
    """
    _refuse_zstd(archive)
    destination.mkdir(parents=True)
    size = _Size()
    links: dict[str, str] = {}
    try:
        with opened_tar(archive, _LIMITS, compressed=True) as tar:
            for member in _members(tar):
                size.add(member.size)
                name = _relative_name(member)
                if member.isdir() or not wanted(name):
                    continue
                if member.issym():
                    links[name] = member.linkname
                else:
                    _write(tar, member, destination, name, size)
            _read_to_the_end(tar)
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise _refusal(f"it is damaged: {error}") from error
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise _refusal(f"two of its members are in each other's way: {error.filename}") from error
    _make_links(destination, links)
    if not any(destination.iterdir()):
        raise _refusal(f"it has nothing in a folder {TOP}/")
    return size.bytes


def _refuse_zstd(archive: IO[bytes]) -> None:
    """Refuse the other archives that python-build-standalone publishes: no Python before 3.14 reads them."""
    if archive.read(len(_ZSTD)) == _ZSTD:
        raise _refusal(
            "it is compressed with zstd, as a whole build is; what is needed is a .tar.gz (install_only)"
        )
    archive.seek(0)


def _read_to_the_end(tar: tarfile.TarFile) -> None:
    """Read what follows the last member: padding, and gzip's checksum, which nobody else looks at."""
    if len(tar.fileobj.read(_MAX_PADDING)) == _MAX_PADDING:
        raise _refusal("something follows its end")


def _members(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    for member in members(tar, _LIMITS):
        if not (member.isreg() or member.isdir() or member.issym() or member.islnk()):
            raise _refusal(f"{member.name!r} is neither a file nor a directory nor a link")
        yield member


def _relative_name(member: tarfile.TarInfo) -> str:
    """Return the name without the top folder. Raises DownloadError if it leads elsewhere."""
    name = member.name.removeprefix("./").rstrip("/")
    parts = name.split("/")
    if parts[0] != TOP or any(part in ("", ".", "..") for part in parts) or "\0" in name:
        raise _refusal(f"{member.name!r} is not below the folder {TOP}/")
    if len(parts) == 1 and not member.isdir():
        raise _refusal(f"{TOP} is not a folder")
    return "/".join(parts[1:])


def _write(tar: tarfile.TarFile, member: tarfile.TarInfo, destination: Path, name: str, size: _Size) -> None:
    path = destination / name
    _make_directories(path.parent)
    # Symbolic links are made at the end: until then no path below the destination can lead out of it.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as target, _content(tar, member, destination, size) as source:
        shutil.copyfileobj(source, target, 1 << 20)
        if target.tell() != _size(member, target.tell()):
            raise _refusal(f"{member.name!r} is cut off")
        os.fchmod(target.fileno(), _EXECUTABLE_MODE if member.mode & 0o111 else _MODE)


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo, destination: Path, size: _Size) -> IO[bytes]:
    if member.islnk():
        # The lifecycle archives hard links as files of their own, so let them be that at once.
        target = _relative_name(_named(member.linkname))
        if not (destination / target).is_file():
            raise _refusal(f"{member.name!r} is a link to {member.linkname!r}, which is not there before it")
        size.add((destination / target).stat().st_size)
        return (destination / target).open("rb")
    content = tar.extractfile(member)
    if content is None:
        raise _refusal(f"{member.name!r} has no content")
    return content


def _named(name: str) -> tarfile.TarInfo:
    return tarfile.TarInfo(name)


def _size(member: tarfile.TarInfo, written: int) -> int:
    return written if member.islnk() else member.size


def _make_directories(path: Path) -> None:
    path.mkdir(parents=True, exist_ok=True)


def _make_links(destination: Path, links: dict[str, str]) -> None:
    """Make the symbolic links, sorted, and then look where each really leads: links may go through links."""
    root = os.path.realpath(destination)
    for name, target in sorted(links.items()):
        if target.startswith("/") or not target:
            raise _refusal(f"{name!r} is a link to {target!r}")
        path = destination / name
        _make_directories(path.parent)
        try:
            path.symlink_to(target)
        except OSError as error:
            raise _refusal(f"the link {name!r} is in the way of another member") from error
    for name, target in links.items():
        real = os.path.realpath(destination / name)
        if os.path.commonpath([root, real]) != root:
            raise _refusal(f"{name!r} is a link that leads out of the archive: {target!r}")


class UnusableArchive(DownloadError):  # noqa: N818  (says what it is)
    """An archive that is damaged or not harmless; ``reason`` says why, in the words that follow "because"."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            "The archive of Python cannot be used",
            detail=f"Although its SHA-256 is right, {reason}.",
            advice="If the catalogue is your own, make the archive anew; otherwise please report this.",
        )
        self.reason = reason


def _refusal(reason: str) -> UnusableArchive:
    return UnusableArchive(reason)
