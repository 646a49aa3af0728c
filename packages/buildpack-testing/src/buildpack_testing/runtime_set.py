"""A directory of runtime archives with a catalogue: what a mirror of python-build-standalone would serve.

The archives have the form of python-build-standalone's (one folder, python/), the catalogue is a
runtimes.toml in the schema of the python-runtime buildpack: both go through the same door as the real ones.
"""

from __future__ import annotations

import gzip
import os
import shutil
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from buildpack_api import toml
from buildpack_common.files import file_sha256
from buildpack_release.model.targets import own_arch
from buildpack_testing.archive import LAYER_TIME, write_tree
from buildpack_testing.file_locks import exclusive

if TYPE_CHECKING:
    from collections.abc import Sequence

# Stands where a release date of python-build-standalone would; no such release exists.
TAG = "20000101"
STRIPPED = "install_only_stripped"
_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}


@dataclass(frozen=True)
class RuntimeArchive:
    """One archive: its Python version, the file and the file's sha256 (hex).

    tag is the release of python-build-standalone and arch the processor in Go's words; without headers no
    C extension can be compiled with it.
    """

    version: str
    file: Path
    sha256: str
    tag: str = TAG
    arch: str = ""
    has_headers: bool = True

    @property
    def minor(self) -> str:
        """The line it belongs to, such as "3.13"."""
        return ".".join(self.version.split(".")[:2])


@dataclass(frozen=True)
class RuntimeSet:
    """A directory to serve as a mirror, with its catalogue and the archives, oldest minor first."""

    directory: Path
    catalogue: Path
    archives: tuple[RuntimeArchive, ...]

    @property
    def minors(self) -> tuple[str, ...]:
        """The lines there is an archive of."""
        return tuple(archive.minor for archive in self.archives)


def make_set(archives: Sequence[RuntimeArchive], directory: Path) -> RuntimeSet:
    """Put archives and their catalogue into directory. Safe to run several times at once. Raises OSError."""
    with exclusive(directory / ".lock"):
        placed = tuple(_place(archive, directory / archive.tag) for archive in archives)
        catalogue = directory / "runtimes.toml"
        toml.write(catalogue, describe(placed))
    return RuntimeSet(directory, catalogue, placed)


def describe(archives: tuple[RuntimeArchive, ...]) -> dict[str, object]:
    """Return the catalogue of archives in the schema of runtimes.toml; the default is the newest minor."""
    return {
        "schema": 1,
        "default": archives[-1].minor,
        "bases": [],
        "lines": {archive.minor: {"end-of-life": _end_of_life(archive.minor)} for archive in archives},
        "runtime": [
            {
                "version": archive.version,
                "os": "linux",
                "arch": archive.arch or own_arch(),
                "libc": "gnu",
                "tag": archive.tag,
                "path": f"{archive.tag}/{quote(archive.file.name)}",
                "sha256": archive.sha256,
                "size": archive.file.stat().st_size,
            }
            for archive in archives
        ],
    }


def archive_name(version: str, tag: str = TAG, *, arch: str = "", flavour: str = STRIPPED) -> str:
    """Return the file name that python-build-standalone gives the archive of a version."""
    arch = arch or own_arch()
    return f"cpython-{version}+{tag}-{_MACHINES.get(arch, arch)}-unknown-linux-gnu-{flavour}.tar.gz"


def pack(tree: Path, file: Path) -> None:
    """Pack a directory tree as the archive file, which appears complete or not at all. Raises OSError."""
    beside = file.with_name(f".{file.name}.new")
    # Level 6 as release archives have; the header holds no name and no time.
    with beside.open("wb") as raw, gzip.GzipFile("", "wb", 6, raw, mtime=LAYER_TIME) as packed:
        write_tree(tree, packed, prefix="python")
    beside.replace(file)


def set_modes(tree: Path, *, file: int, executable: int) -> None:
    """Set one mode for directories and programs and one for other files: umask and origin must not show."""
    for directory, _, names in os.walk(tree):
        Path(directory).chmod(executable)
        for path in (Path(directory, name) for name in names):
            if not path.is_symlink():
                path.chmod(executable if path.stat().st_mode & 0o100 else file)


def _end_of_life(minor: str) -> date:
    # PEP 602: a line ends five years after its release in October; 3.10 came in 2021, then one each year.
    return date(2016 + int(minor.split(".")[1]), 10, 31)


def _place(archive: RuntimeArchive, folder: Path) -> RuntimeArchive:
    """Put the cached archive into the folder of the set, as a hard link where the file system allows it."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / archive.file.name
    if not target.exists() or file_sha256(target) != archive.sha256:
        beside = target.with_name(f".{target.name}.new")
        beside.unlink(missing_ok=True)
        try:
            os.link(archive.file, beside)
        except OSError:
            shutil.copyfile(archive.file, beside)
        beside.replace(target)
    return replace(archive, file=target)
