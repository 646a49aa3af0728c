"""Runtime archives for tests: every suitable CPython of this machine, packed like python-build-standalone's.

The archives and their catalogue (runtimes.toml, the schema of the python-runtime buildpack) go through the
same door as the real ones: a mirror base and a sha256 each. They are kept in the cache directory, one per
interpreter and recipe, so that only the first run takes time. A machine that has no suitable CPython, only a
distribution's, gets real archives instead (`buildpack_testing.standalone`).
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_common.files import file_sha256
from buildpack_release.errors import ReleaseError
from buildpack_release.files.cache import cache_directory
from buildpack_testing.file_locks import exclusive
from buildpack_testing.installed_pythons import InstalledPython, find_installed
from buildpack_testing.relocate import RelocationTools, find_tools, make_relocatable
from buildpack_testing.runtime_set import (
    TAG,
    RuntimeArchive,
    RuntimeSet,
    archive_name,
    make_set,
    pack,
    set_modes,
)
from buildpack_testing.standalone.archives import ARCHES, make_standalone

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# Raise when the steps of relocate.py change: archives in the cache are made again.
RECIPE = 1


def _silent(_message: str) -> None:
    pass


def make_runtimes(
    directory: Path | None = None,
    *,
    minors: frozenset[str] | None = None,
    report: Callable[[str], None] = _silent,
) -> RuntimeSet:
    """Make an archive of each installed minor (or of those asked for) and a catalogue in directory.

    Where none is installed, the archives are the real ones that can be completed here. Without a directory,
    one below the cache directory is used. Safe to run several times at once.

    Raises MissingToolError without patchelf, NetworkError when nothing is installed and nothing can be
    fetched, ReleaseError when one cannot be packed.
    """
    installed = find_installed()
    if not installed:
        return make_standalone(directory, minors=minors, complete_only=True, report=report)
    pythons = _choose(installed, minors)
    tools = find_tools()
    directory = directory or cache_directory() / "runtimes" / ("-".join(p.version for p in pythons) or "none")
    with ThreadPoolExecutor(max_workers=min(len(pythons), os.cpu_count() or 1)) as pool:
        cached = list(pool.map(lambda python: _cached_archive(python, tools, report), pythons))
    return make_set(cached, directory)


def _choose(found: Mapping[str, InstalledPython], minors: frozenset[str] | None) -> list[InstalledPython]:
    missing = sorted((minors or frozenset()) - found.keys())
    if missing:
        raise ReleaseError(
            f"No suitable CPython {', '.join(missing)} is installed",
            detail=f"Found: {', '.join(python.version for python in found.values())}.",
        )
    return [python for minor, python in found.items() if minors is None or minor in minors]


def _cached_archive(
    python: InstalledPython, tools: RelocationTools, report: Callable[[str], None]
) -> RuntimeArchive:
    folder = cache_directory() / "runtimes" / "archives" / _cache_key(python, tools)
    file = folder / archive_name(python.version)
    with exclusive(folder / ".lock"):
        if not file.exists():
            report(f"making a runtime archive of Python {python.version} from {python.prefix} (about 20 s)")
            _make(python, tools, file)
            report(f"made {file.name} ({file.stat().st_size / 1e6:.1f} MB)")
    return RuntimeArchive(python.version, file, file_sha256(file))


def _cache_key(python: InstalledPython, tools: RelocationTools) -> str:
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


def _make(python: InstalledPython, tools: RelocationTools, file: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="strata-runtime-") as scratch:
        tree = Path(scratch) / "python"
        make_relocatable(python, tree, tools)
        set_modes(tree, file=0o644, executable=0o755)
        pack(tree, file)


def main(arguments: list[str]) -> int:
    """Make archives: `make-runtime-archive [--standalone] [DIRECTORY]`; prints the catalogue's path."""
    import argparse  # only the command needs it

    parser = argparse.ArgumentParser(
        prog="make-runtime-archive", description=(__doc__ or "").split("\n\n")[0]
    )
    parser.add_argument(
        "directory", nargs="?", type=Path, help="where to put them (default: the cache directory)"
    )
    parser.add_argument("--minor", action="append", metavar="X.Y", help="only this line; may be repeated")
    parser.add_argument(
        "--standalone",
        action="store_true",
        help="real trees of python-build-standalone, from the Go module proxy, instead of installed Pythons",
    )
    parser.add_argument(
        "--arch",
        choices=ARCHES,
        default="",
        help="with --standalone: for which processor (default: this one)",
    )
    options = parser.parse_args(arguments)
    if options.arch and not options.standalone:
        parser.error("--arch needs --standalone: what is installed runs on this processor only")
    minors = frozenset(options.minor) if options.minor else None

    def report(message: str) -> None:
        print(message, file=sys.stderr)  # noqa: T201

    try:
        if options.standalone:
            made = make_standalone(options.directory, minors=minors, arch=options.arch, report=report)
        else:
            made = make_runtimes(options.directory, minors=minors, report=report)
    except (ReleaseError, OSError) as error:
        print(f"make-runtime-archive: {error}", file=sys.stderr)  # noqa: T201
        return int(getattr(error, "exit_code", 1))
    print(made.catalogue)  # noqa: T201
    return 0
