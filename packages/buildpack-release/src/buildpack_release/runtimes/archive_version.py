"""Which Python is in an archive, told without unpacking or running it."""

from __future__ import annotations

import gzip
import re
import tarfile
import zlib
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from buildpack_common.archives import members, opened_tar
from buildpack_release.errors import ReleaseError

if TYPE_CHECKING:
    from pathlib import Path

_PROGRAM = re.compile(r"(?:\./)?python/(?:bin/python|lib/libpython)(3\.\d+)(?:\.so\.1\.0)?")
_LARGEST = 1 << 30
_BLOCK, _LONGEST = 1 << 20, 32


@dataclass(frozen=True)
class ArchiveVersion:
    """The version of a final release of CPython: the minor, as in `3.12`, and the patch."""

    minor: str
    patch: int

    @property
    def text(self) -> str:
        """All of it, as in `3.12.1`."""
        return f"{self.minor}.{self.patch}"


def read_version(archive: Path) -> ArchiveVersion | None:
    """Return the version of the Python in an archive; None if it holds none, or no final release.

    It stands in the interpreter, or in the library that it loads (CPython's `PY_VERSION`), so this works for
    every processor.

    Raises:
        ReleaseError: it is not a whole archive.
    """
    try:
        with archive.open("rb") as file, opened_tar(file, compressed=True) as content:
            for member in members(content):
                name = _PROGRAM.fullmatch(member.name)
                if name and member.isreg() and member.size < _LARGEST:
                    source = content.extractfile(member)
                    patch = _patch(source, name[1]) if source else None
                    if patch is not None:
                        return ArchiveVersion(name[1], patch)
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise ReleaseError("this is not a whole .tar.gz archive", detail=str(error), file=archive) from error
    return None


def _patch(program: IO[bytes], minor: str) -> int | None:
    """Return the patch release that is named in a program, if it is one only."""
    version = re.compile(rb"(?<![0-9.])%b\.(\d{1,4})\0" % re.escape(minor).encode())
    found: set[bytes] = set()
    end = b""
    while block := program.read(_BLOCK):
        found.update(version.findall(end + block))
        end = block[-_LONGEST:]
    return int(found.pop()) if len(found) == 1 else None
