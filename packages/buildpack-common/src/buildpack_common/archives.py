"""Reading archives that others made, so that none costs more than a limit: of bytes, members and memory.

What is compressed can be a thousand times as large as it looks, and a tar archive may say of its very
headers that they are gigabytes long. All that is too large is a fault of the archive: the errors are those
that tarfile and zipfile raise for one that is damaged.
"""

from __future__ import annotations

import io
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import IO, TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    import tarfile
    import zipfile
    from collections.abc import Iterator

_GZIP = b"\x1f\x8b"
_AT_ONCE = 16 << 20
"""The largest header that is read into memory; files are read in smaller pieces."""


_ROUNDS = 4
"""How often all of it may be unpacked: going back in what is compressed begins at the beginning."""


@dataclass(frozen=True)
class ArchiveLimits:
    """The most that an archive may hold: ``members``, and ``size`` bytes unpacked."""

    members: int = 100_000
    size: int = 2 << 30


DEFAULT_LIMITS = ArchiveLimits()


@contextmanager
def opened_tar(
    file: IO[bytes], limits: ArchiveLimits = DEFAULT_LIMITS, *, compressed: bool | None = None
) -> Iterator[tarfile.TarFile]:
    """Yield a tar archive, ``compressed`` with gzip or not; by default it may be either.

    Go through its members with `members`.

    Raises tarfile.TarError, gzip.BadGzipFile, zlib.error or EOFError for what is none, or too large.
    """
    import gzip
    import tarfile

    is_gzip = file.read(len(_GZIP)) == _GZIP
    file.seek(0)
    if compressed and not is_gzip:
        _refuse("not a gzip file")
    plain: IO[bytes] = gzip.GzipFile(fileobj=file, mode="rb") if is_gzip and compressed is not False else file  # type: ignore[assignment]
    with _sound_headers():
        archive = tarfile.open(fileobj=_Bounded(plain, limits), mode="r:")  # noqa: SIM115  (see below)
    with archive:
        yield archive


def members(archive: tarfile.TarFile, limits: ArchiveLimits = DEFAULT_LIMITS) -> Iterator[tarfile.TarInfo]:
    """Yield the members of an archive. Raises tarfile.TarError for too many."""
    found = iter(archive)
    for number in count(1):
        with _sound_headers():
            member = next(found, None)
        if member is None:
            return
        if number > limits.members:
            _refuse(f"it has more than {limits.members} members")
        if member.size < 0:
            _refuse(f"{member.name!r} has a size below zero")
        yield member


def check_zip(archive: zipfile.ZipFile, limits: ArchiveLimits = DEFAULT_LIMITS) -> None:
    """Raise zipfile.BadZipFile if a zip archive would unpack to too much.

    What its directory says is enough: no member gives more than that.
    """
    import zipfile

    found = archive.infolist()
    if len(found) > limits.members:
        msg = f"it has more than {limits.members} members"
        raise zipfile.BadZipFile(msg)
    if sum(info.file_size for info in found) > limits.size:
        msg = f"it holds more than {limits.size >> 20} MiB"
        raise zipfile.BadZipFile(msg)


def read_member(archive: zipfile.ZipFile, name: str, most: int = _AT_ONCE) -> bytes:
    """Read a small member of a zip archive. Raises KeyError if it is not there, zipfile.BadZipFile."""
    import zipfile

    if archive.getinfo(name).file_size > most:
        msg = f"{name} has more than {most >> 20} MiB"
        raise zipfile.BadZipFile(msg)
    return archive.read(name)


@contextmanager
def _sound_headers() -> Iterator[None]:
    """Turn what tarfile raises for headers that it does not expect: no numbers, thousands of long names."""
    try:
        yield
    except (ValueError, IndexError, OverflowError, RecursionError) as error:
        _refuse(f"a header of it cannot be read ({error})")


def _refuse(text: str) -> NoReturn:
    import tarfile

    raise tarfile.ReadError(text)


class _Bounded(io.RawIOBase):
    """What an archive is unpacked from: it ends with an error where the limit is."""

    def __init__(self, file: IO[bytes], limits: ArchiveLimits) -> None:
        self._file = file
        self._limits = limits
        self._left = _ROUNDS * limits.size + _AT_ONCE

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._file.tell()

    def seek(self, offset: int, whence: int = 0) -> int:
        if whence == 0:
            before = self._file.tell()
            self._check(offset, 0)
            self._work(offset - before if offset >= before else offset)  # back is: from the beginning
        return self._file.seek(offset, whence)

    def read(self, size: int | None = -1) -> bytes:
        wanted = _AT_ONCE + 1 if size is None or size < 0 else size
        self._check(self._file.tell(), min(wanted, _AT_ONCE))
        data = self._file.read(min(wanted, _AT_ONCE + 1))
        self._work(len(data))
        if len(data) > _AT_ONCE:
            _refuse(f"a header of it has more than {_AT_ONCE >> 20} MiB")
        return data

    def _work(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            _refuse("its links lead back and forth without end")

    def _check(self, position: int, size: int) -> None:
        if position + size > self._limits.size + _AT_ONCE:
            _refuse(f"it holds more than {self._limits.size >> 20} MiB")
