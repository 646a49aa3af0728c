"""The lifecycle as builders want it: a directory with all phases, its descriptor, and the archive pack takes.

Layout (what `[lifecycle] uri` in builder.toml names, packed): `lifecycle.toml`, and the binaries one
directory down.
"""

from __future__ import annotations

import gzip
import io
import os
import shutil
import tarfile
from typing import TYPE_CHECKING

from buildpack_testing.cnb.tool_versions import PHASES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BINARIES = ("lifecycle", "launcher")
DESCRIPTOR = "lifecycle.toml"
ARCHIVE = "lifecycle.tgz"
# 1980-01-01T00:00:01Z, as in everything that the lifecycle itself writes.
_TIME = 315532801
# api/apis.go of lifecycle 0.21.17; later ones support these too.
_BUILDPACK_APIS = ("0.7", "0.8", "0.9", "0.10", "0.11", "0.12")
_PLATFORM_APIS = ("0.7", "0.8", "0.9", "0.10", "0.11", "0.12", "0.13", "0.14", "0.15")


def assemble(binaries: Path, target: Path, *, version: str) -> None:
    """Make target from a directory with the two binaries. Raises OSError."""
    directory = target / "lifecycle"
    directory.mkdir(parents=True)
    for name in BINARIES:
        shutil.copyfile(binaries / name, directory / name)
        (directory / name).chmod(0o755)
    for phase in PHASES:
        (directory / phase).symlink_to("lifecycle")
    (target / DESCRIPTOR).write_bytes(_descriptor(binaries, version))
    _pack(target)
    for made in (target, directory):
        made.chmod(0o755)  # whatever the umask: another user runs the phases in a container


def _descriptor(binaries: Path, version: str) -> bytes:
    """Take the one that came with a release archive, else write what this line of releases supports."""
    for directory in (binaries, binaries.parent):
        file = directory / DESCRIPTOR
        if file.is_file():
            return file.read_bytes()
    return (
        f"[apis.buildpack]\ndeprecated = []\nsupported = {_toml(_BUILDPACK_APIS)}\n\n"
        f"[apis.platform]\ndeprecated = []\nsupported = {_toml(_PLATFORM_APIS)}\n\n"
        f'[lifecycle]\nversion = "{version}"\n'
    ).encode()


def _toml(versions: tuple[str, ...]) -> str:
    return "[" + ", ".join(f'"{version}"' for version in versions) + "]"


def _pack(target: Path) -> None:
    """Write the archive; the same files give the same bytes."""
    with (
        (target / ARCHIVE).open("wb") as file,
        gzip.GzipFile("", "wb", 6, file, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar,
    ):
        for member, data in _members(target):
            tar.addfile(member, io.BytesIO(data))


def _members(target: Path) -> Iterator[tuple[tarfile.TarInfo, bytes]]:
    yield _member(DESCRIPTOR, target / DESCRIPTOR)
    for name in sorted((*BINARIES, *PHASES)):
        yield _member(f"lifecycle/{name}", target / "lifecycle" / name)


def _member(name: str, path: Path) -> tuple[tarfile.TarInfo, bytes]:
    member = tarfile.TarInfo(name)
    member.mtime = _TIME
    if path.is_symlink():
        member.type, member.linkname, member.mode = tarfile.SYMTYPE, str(path.readlink()), 0o777
        return member, b""
    data = path.read_bytes()
    member.size, member.mode = len(data), 0o755 if os.access(path, os.X_OK) else 0o644
    return member, data
