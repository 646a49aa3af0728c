"""Wheel files: their names, and unpacking the modules of a pure one (Binary distribution format, PyPA)."""

from __future__ import annotations

import re
import shutil
import stat
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from buildpack_common.archives import ArchiveLimits, check_zip, read_member
from buildpack_release.errors import ReleaseError

if TYPE_CHECKING:
    from collections.abc import Iterator

# Folders of `<name>-<version>.data/`. Commands are left out: a buildpack imports its libraries and runs
# no scripts.
_MODULES = frozenset({"purelib", "platlib"})
_LEFT_OUT = frozenset({"scripts"})
_LIMITS = ArchiveLimits(members=20_000, size=512 << 20)  # of pure Python, this is a lot
_METADATA = re.compile(r"[^/]+\.dist-info/METADATA")


def check_pure(filename: str) -> None:
    """Raise ReleaseError unless the file name says that this wheel is for every Python 3 and machine."""
    stem, dot, suffix = filename.rpartition(".")
    tags = stem.split("-")[-3:] if dot and suffix == "whl" else []
    if len(tags) != 3 or "py3" not in tags[0].split(".") or tags[1:] != ["none", "any"]:  # noqa: PLR2004
        raise ReleaseError(
            f"{filename} is not a pure Python wheel",
            detail="A buildpack is one folder for all processors and all Pythons from 3.10 on.",
            advice="Lock the release's py3-none-any wheel; a project without one cannot be vendored.",
        )


@dataclass(frozen=True)
class _Member:
    info: zipfile.ZipInfo
    path: PurePosixPath


def unpack(wheel: Path, into: Path) -> None:
    """Unpack the modules and the metadata of a wheel into a folder, which other wheels may share.

    Raises:
        ReleaseError: the file is not a wheel, has members that would leave the folder, links, or data
            files that have no place in a buildpack, or two wheels hold the same file.
    """
    check_pure(wheel.name)
    with _opened(wheel) as archive:
        for member in _members(archive, wheel):
            _write(archive, member, into, wheel)


def member_paths(wheel: Path) -> tuple[str, ...]:
    """Return the paths below the folder that unpack() writes. Raises as it does."""
    with _opened(wheel) as archive:
        return tuple(str(member.path) for member in _members(archive, wheel))


def read_metadata(wheel: Path) -> str:
    """Return the core metadata of a wheel; "" if it has none. Raises ReleaseError, OSError."""
    with _opened(wheel) as archive:
        names = [name for name in archive.namelist() if _METADATA.fullmatch(name)]
        return read_member(archive, names[0]).decode("utf-8", "replace") if names else ""


@contextmanager
def _opened(wheel: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(wheel) as archive:
            check_zip(archive, _LIMITS)
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ReleaseError(
            "this is not a wheel that can be unpacked", detail=str(error), file=wheel
        ) from error


def _members(archive: zipfile.ZipFile, wheel: Path) -> Iterator[_Member]:
    for info in archive.infolist():
        path = PurePosixPath(info.filename)
        mode = info.external_attr >> 16
        unsafe = path.is_absolute() or ".." in path.parts or "\\" in info.filename or "\0" in info.filename
        if unsafe or (stat.S_IFMT(mode) not in {0, stat.S_IFREG, stat.S_IFDIR}):
            raise ReleaseError(f"a member of this wheel is not safe to unpack: {info.filename!r}", file=wheel)
        if not info.is_dir() and (target := _target(path, wheel)):
            yield _Member(info, target)


def _target(path: PurePosixPath, wheel: Path) -> PurePosixPath | None:
    top, *rest = path.parts
    if not top.endswith(".data") or not rest:
        return path
    if rest[0] in _MODULES:
        return PurePosixPath(*rest[1:])
    if rest[0] in _LEFT_OUT:
        return None
    raise ReleaseError(
        f"this wheel installs files outside the library folder: {path}",
        advice="Such a project cannot be vendored.",
        file=wheel,
    )


def _write(archive: zipfile.ZipFile, member: _Member, into: Path, wheel: Path) -> None:
    target = into / member.path
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with archive.open(member.info) as source, target.open("xb") as sink:
            shutil.copyfileobj(source, sink)
    except FileExistsError:
        raise ReleaseError(
            f"{member.path} is there already, from another wheel or our own code", file=wheel
        ) from None
