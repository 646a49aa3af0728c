"""Lays out a tree that the Go module has as data.

Each directory of data has a files.json: for every entry its name, size, mode (Go's io/fs.FileMode), the
target of a symbolic link, and whether the file is gzipped (then .gz follows its name).
"""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from buildpack_release.errors import MissingToolError, ReleaseError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from buildpack_testing.standalone.releases import StandaloneRelease

# The bits of Go's io/fs.FileMode.
_IS_DIRECTORY = 1 << 31
_IS_SYMLINK = 1 << 27
_PERMISSIONS = 0o777


@dataclass(frozen=True)
class _Entry:
    name: str
    size: int
    mode: int
    target: str
    is_compressed: bool

    @classmethod
    def read(cls, row: dict[str, Any]) -> _Entry:
        return cls(
            row["name"],
            row["size"],
            row["perm"],
            row.get("symlink", ""),
            row.get("compressed", False),
        )


def lay_out_python(module: Path, release: StandaloneRelease, arch: str, tree: Path) -> None:
    """Make the missing directory tree what python/ is in the archive of an architecture (amd64, arm64).

    Raises ReleaseError when the zip is not as expected, OSError.
    """
    _lay_out(module, f"{release.prefix}python/internal/data/linux-{arch}/", tree)


def lay_out_pip(module: Path, release: StandaloneRelease, site_packages: Path) -> None:
    """Put the pip that the release's archive has in site-packages there."""
    _lay_out(module, f"{release.prefix}pip/internal/data/", site_packages, without=("bin",))


def strip(tree: Path) -> None:
    """Take the debugging symbols out of programs and libraries, as python-build-standalone does.

    Raises MissingToolError without binutils, or with binutils that do not know the architecture.
    """
    elf = [path for path in tree.rglob("*") if path.is_file() and not path.is_symlink() and _is_elf(path)]
    try:
        subprocess.run(["strip", "--strip-debug", *elf], check=True, capture_output=True)
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        raise MissingToolError(
            "The debugging symbols of an archive cannot be taken out",
            detail=str(getattr(error, "stderr", b"").decode(errors="replace") or error),
            advice="Install binutils for its architecture, for instance with: apt install binutils",
        ) from error


def _is_elf(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


def _lay_out(module: Path, prefix: str, tree: Path, *, without: tuple[str, ...] = ()) -> None:
    tree.mkdir(parents=True)
    with zipfile.ZipFile(module) as archive:
        try:
            for entry in _entries(archive, prefix):
                if entry.name.split("/")[0] not in without:
                    _put(archive, prefix, entry, tree)
        except (KeyError, ValueError, EOFError, gzip.BadGzipFile) as error:
            raise ReleaseError(
                f"The Go module's data are not as expected: {error}", detail=prefix, file=module
            ) from error


def _entries(archive: zipfile.ZipFile, prefix: str) -> Iterator[_Entry]:
    rows = json.loads(archive.read(prefix + "files.json"))["files"]
    yield from (_Entry.read(row) for row in sorted(rows, key=lambda row: str(row["name"])))


def _put(archive: zipfile.ZipFile, prefix: str, entry: _Entry, tree: Path) -> None:
    path = tree / entry.name
    if not path.resolve().is_relative_to(tree.resolve()):
        raise ValueError(f"{entry.name} lies outside of the tree")
    if entry.mode & _IS_SYMLINK:
        path.symlink_to(entry.target)
        return
    if entry.mode & _IS_DIRECTORY:
        path.mkdir()
        path.chmod(entry.mode & _PERMISSIONS)
        return
    with archive.open(prefix + entry.name + (".gz" if entry.is_compressed else "")) as member:
        source = gzip.GzipFile(fileobj=member) if entry.is_compressed else member
        with path.open("wb") as file:
            shutil.copyfileobj(source, file, 1 << 20)
    if path.stat().st_size != entry.size:
        raise ValueError(f"{entry.name} has {path.stat().st_size} bytes instead of {entry.size}")
    path.chmod(entry.mode & _PERMISSIONS)
