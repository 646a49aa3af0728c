"""Runtime archives for tests: every suitable CPython of this machine, packed like python-build-standalone's.

The archives and their catalogue (runtimes.toml, the schema of the python-runtime buildpack) go through the
same door as the real ones: a mirror base and a sha256 each. They are kept in the cache directory, one per
interpreter and recipe, so that only the first run takes time.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import platform
import shutil
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from buildpack_api import toml
from buildpack_api.files import file_sha256
from buildpack_release.errors import ReleaseError
from buildpack_release.packaging.cache import cache_directory
from buildpack_testing.archive import LAYER_TIME, write_tree
from buildpack_testing.installed import InstalledPython, require_installed
from buildpack_testing.locks import exclusive
from buildpack_testing.relocate import Tools, find_tools, make_relocatable
from buildpack_testing.workspace import local_arch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# Raise when the steps of relocate.py change: archives in the cache are made again.
RECIPE = 1
# Stands where a release date of python-build-standalone would; no such release exists.
TAG = "20000101"


@dataclass(frozen=True)
class RuntimeArchive:
    """One archive: its Python version, the file and the file's sha256 (hex)."""

    version: str
    file: Path
    sha256: str

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


def _silent(_message: str) -> None:
    pass


def make_runtimes(
    directory: Path | None = None,
    *,
    minors: frozenset[str] | None = None,
    report: Callable[[str], None] = _silent,
) -> RuntimeSet:
    """Make an archive of each installed minor (or of those asked for) and a catalogue in directory.

    Without a directory, one below the cache directory is used. Safe to run several times at once.
    Raises MissingToolError without an interpreter or patchelf, ReleaseError when one cannot be packed.
    """
    pythons = _choose(require_installed(), minors)
    tools = find_tools()
    directory = directory or cache_directory() / "runtimes" / ("-".join(p.version for p in pythons) or "none")
    with ThreadPoolExecutor(max_workers=min(len(pythons), os.cpu_count() or 1)) as pool:
        cached = list(pool.map(lambda python: _cached_archive(python, tools, report), pythons))
    with exclusive(directory / ".lock"):
        archives = tuple(_place(archive, directory / TAG) for archive in cached)
        catalogue = directory / "runtimes.toml"
        toml.write(catalogue, describe(archives))
    return RuntimeSet(directory, catalogue, archives)


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
                "arch": local_arch(),
                "libc": "gnu",
                "tag": TAG,
                "path": f"{TAG}/{quote(archive.file.name)}",
                "sha256": archive.sha256,
            }
            for archive in archives
        ],
    }


def archive_name(version: str) -> str:
    """Return the file name that python-build-standalone would give the archive of a version."""
    return f"cpython-{version}+{TAG}-{platform.machine()}-unknown-linux-gnu-install_only_stripped.tar.gz"


def _choose(found: Mapping[str, InstalledPython], minors: frozenset[str] | None) -> list[InstalledPython]:
    missing = sorted((minors or frozenset()) - found.keys())
    if missing:
        raise ReleaseError(
            f"No suitable CPython {', '.join(missing)} is installed",
            detail=f"Found: {', '.join(python.version for python in found.values())}.",
        )
    return [python for minor, python in found.items() if minors is None or minor in minors]


def _end_of_life(minor: str) -> date:
    # PEP 602: a line ends five years after its release in October; 3.10 came in 2021, then one each year.
    return date(2016 + int(minor.split(".")[1]), 10, 31)


def _cached_archive(python: InstalledPython, tools: Tools, report: Callable[[str], None]) -> RuntimeArchive:
    folder = cache_directory() / "runtimes" / "archives" / _cache_key(python, tools)
    file = folder / archive_name(python.version)
    with exclusive(folder / ".lock"):
        if not file.exists():
            report(f"making a runtime archive of Python {python.version} from {python.prefix} (about 20 s)")
            _make(python, tools, file)
            report(f"made {file.name} ({file.stat().st_size / 1e6:.1f} MB)")
    return RuntimeArchive(python.version, file, file_sha256(file))


def _cache_key(python: InstalledPython, tools: Tools) -> str:
    executable = python.executable.resolve()
    stat = executable.stat()
    inputs = [
        RECIPE,
        TAG,
        python.version,
        str(executable),
        stat.st_size,
        stat.st_mtime_ns,
        *tools.identity,
        platform.machine(),
    ]
    return f"{python.version}-{hashlib.sha256(json.dumps(inputs).encode()).hexdigest()[:16]}"


def _make(python: InstalledPython, tools: Tools, file: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="strata-runtime-") as scratch:
        tree = Path(scratch) / "python"
        make_relocatable(python, tree, tools)
        _normalise_modes(tree)
        beside = file.with_name(f".{file.name}.new")
        # Level 6 as release archives have; the header holds no name and no time.
        with beside.open("wb") as raw, gzip.GzipFile("", "wb", 6, raw, mtime=LAYER_TIME) as packed:
            write_tree(tree, packed, prefix="python")
        beside.replace(file)


def _normalise_modes(tree: Path) -> None:
    """Give every file 644 or 755, so that neither umask nor the installation's modes show."""
    for directory, _, names in os.walk(tree):
        Path(directory).chmod(0o755)
        for path in (Path(directory, name) for name in names):
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)


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
    return RuntimeArchive(archive.version, target, archive.sha256)


def main(arguments: list[str]) -> int:
    """Make archives: `make-runtime-archive [--minor X.Y]... [DIRECTORY]`; prints the catalogue's path."""
    import argparse  # noqa: PLC0415 (only the command needs it)

    parser = argparse.ArgumentParser(
        prog="make-runtime-archive", description=(__doc__ or "").split("\n\n")[0]
    )
    parser.add_argument(
        "directory", nargs="?", type=Path, help="where to put them (default: the cache directory)"
    )
    parser.add_argument("--minor", action="append", metavar="X.Y", help="only this line; may be repeated")
    options = parser.parse_args(arguments)
    try:
        made = make_runtimes(
            options.directory,
            minors=frozenset(options.minor) if options.minor else None,
            report=lambda message: print(message, file=sys.stderr),  # noqa: T201
        )
    except (ReleaseError, OSError) as error:
        print(f"make-runtime-archive: {error}", file=sys.stderr)  # noqa: T201
        return int(getattr(error, "exit_code", 1))
    print(made.catalogue)  # noqa: T201
    return 0
