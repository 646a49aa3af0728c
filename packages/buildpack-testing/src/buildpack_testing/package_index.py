"""A static package index of wheels (PEP 503): tests install with pip and meet no other host than loopback.

It is filled once by `pip download` from whatever index pip is configured for, for every Python that a build
may meet or the ones asked for, and kept in the cache directory under a hash of what was asked for.
"""

from __future__ import annotations

import hashlib
import html
import platform
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from buildpack_common.files import file_sha256, remove
from buildpack_common.names import normalise
from buildpack_release.errors import NetworkError
from buildpack_release.files.cache import cache_directory
from buildpack_release.model.settings import MINORS
from buildpack_testing.file_locks import exclusive
from buildpack_testing.pinned import pip_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

# Raise when the layout of an index changes: indexes in the cache are made again.
_LAYOUT = 1
# The platform tags under which projects publish wheels that run on the base images of today.
MANYLINUX = ("manylinux_2_28", "manylinux_2_17", "manylinux2014")


@dataclass(frozen=True)
class PackageIndex:
    """A directory to serve: simple/ is the index (PEP 503), files/ holds the wheels."""

    directory: Path

    @property
    def wheels(self) -> tuple[Path, ...]:
        """The wheel files, sorted by name."""
        return tuple(sorted((self.directory / "files").glob("*.whl")))


def fill_index(
    requirements: Sequence[Path],
    minors: Iterable[str] = MINORS,
    *,
    machine: str = "",
    manylinux: Sequence[str] = MANYLINUX,
    report: Callable[[str], None] = lambda _message: None,
) -> PackageIndex:
    """Return an index with wheels of all requirements files for each Python minor, cached if possible.

    machine is a processor as wheels call it, such as "aarch64": by default this machine's; manylinux are the
    tags of platforms whose wheels are taken.
    Which Pythons are installed here does not matter: a build may meet another one.
    The files must pin everything, dependencies included: nothing is resolved.
    Raises NetworkError when pip fails.
    """
    minors = sorted(set(minors))
    machine = machine or platform.machine()
    platforms = [f"{one}_{machine}" for one in manylinux]
    inputs = (_LAYOUT, machine, tuple(manylinux), minors, sorted(file.read_bytes() for file in requirements))
    key = hashlib.sha256(repr(inputs).encode()).hexdigest()[:24]
    folder = cache_directory() / "indexes" / key
    with exclusive(folder.with_suffix(".lock")):
        if not folder.is_dir():
            report(f"filling a package index of wheels for Python {', '.join(minors)} (once)")
            with tempfile.TemporaryDirectory(prefix="strata-index-") as scratch:
                write_index(_download_all(requirements, minors, platforms, Path(scratch)), folder)
    return PackageIndex(folder)


def write_index(wheels: Iterable[Path], directory: Path) -> PackageIndex:
    """Write an index of the wheels given; the directory appears complete or not at all. Raises OSError."""
    beside = directory.with_name(f".{directory.name}.new")
    remove(beside)
    (beside / "files").mkdir(parents=True)
    projects: dict[str, list[Path]] = {}
    for wheel in wheels:
        shutil.copyfile(wheel, beside / "files" / wheel.name)
        projects.setdefault(normalise(wheel.name.split("-")[0]), []).append(wheel)
    _write_page(beside / "simple", [f'<a href="{name}/">{name}</a>' for name in sorted(projects)])
    for name, files in projects.items():
        _write_page(beside / "simple" / name, [_link(file) for file in sorted(files)])
    remove(directory)
    beside.replace(directory)
    return PackageIndex(directory)


def _download_all(
    requirements: Sequence[Path], minors: Sequence[str], platforms: Sequence[str], scratch: Path
) -> list[Path]:
    """Download for each file and minor; return one file of each wheel name, sorted."""
    files = [file for file in requirements for _ in minors]
    of_minors = [minor for _ in requirements for minor in minors]
    # Each run of pip has a directory of its own: two may fetch the same wheel at the same time.
    targets = [scratch / str(number) for number in range(len(files))]
    with ThreadPoolExecutor(max_workers=4) as pool:
        list(pool.map(_download, files, of_minors, repeat(platforms), targets))
    wheels = {wheel.name: wheel for target in targets for wheel in target.glob("*.whl")}
    return [wheels[name] for name in sorted(wheels)]


def _download(requirements: Path, minor: str, platforms: Sequence[str], target: Path) -> None:
    options = [part for name in platforms for part in ("--platform", name)]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--only-binary", ":all:", "--implementation", "cp", "--python-version", minor, *options]
    command += ["--dest", str(target), "--requirement", str(requirements)]
    result = subprocess.run(command, capture_output=True, text=True, check=False, env=pip_environment())
    if result.returncode:
        raise NetworkError(
            f"pip could not download the wheels of {requirements} for Python {minor}",
            detail=result.stderr.strip()[-2000:],
            advice="Check that pip reaches its package index; the result is kept for runs without network.",
        )


def _link(wheel: Path) -> str:
    digest = file_sha256(wheel)
    return f'<a href="../../files/{quote(wheel.name)}#sha256={digest}">{html.escape(wheel.name)}</a>'


def _write_page(directory: Path, links: Iterable[str]) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    head = '<!DOCTYPE html>\n<html><head><meta name="pypi:repository-version" content="1.0"></head><body>\n'
    (directory / "index.html").write_text(
        head + "".join(f"{link}<br>\n" for link in links) + "</body></html>\n", "utf-8"
    )
