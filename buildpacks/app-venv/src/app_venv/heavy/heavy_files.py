"""Which files of an installed wheel are heavy: big, binary, and read or loaded, never started.

The answer depends on the wheel alone, whatever else is installed: what lies in its layer is the same for
every app, every Python and every tool that installs it.
"""

from __future__ import annotations

import os
import stat
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from app_venv.environment.embedders import needs_libpython
from app_venv.environment.records import has_digest, recorded_files
from buildpack_api.elf import NotElfError, is_loadable, is_program
from buildpack_common.names import is_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app_venv.environment.installed import InstalledDistribution
    from app_venv.evidence.resolution import InstallationResolution

SMALLEST_FILE = 64 * 1024
"""Bytes of the smallest file that is moved."""

_SHA256 = "sha256:"
_CODE = (".py", ".pyc", ".pyi", ".pth")
# Web servers refuse a file that a link leads to out of the directory that they serve.
_SERVED = (
    ".avif", ".br", ".css", ".eot", ".gif", ".gz", ".html", ".ico", ".jpeg", ".jpg", ".js", ".map", ".mjs",
    ".mp3", ".mp4", ".otf", ".pdf", ".png", ".svg", ".ttf", ".wasm", ".webm", ".webp", ".woff", ".woff2",
)  # fmt: skip
# A Java VM looks for all the rest of it where links to this library end.
_FOLLOWS_LINKS = "libjvm.so"
_BEGINNING = 8192


@dataclass(frozen=True)
class HeavyWheel:
    """A published wheel with heavy files. ``sha256`` is that of the wheel, ``size`` of these files together.

    ``files`` are what is said of each (`file_identity`), by their names below site-packages.
    """

    distribution: str
    sha256: str
    files: Mapping[str, str] = field(repr=False)
    size: int


def heavy_wheels(
    distributions: Sequence[InstalledDistribution],
    resolution: InstallationResolution,
    *,
    least: int,
) -> tuple[HeavyWheel, ...]:
    """Return the wheels with at least so many bytes in heavy files, in the order of the distributions.

    Only a wheel that an index lists counts, of which all heavy files are as it has them, and none is another
    distribution's as well. Of any other the files may differ from one app to the next.
    """
    digests = published_wheels(resolution)
    large = [one for one in distributions if one.size >= least and one.name in digests and is_name(one.name)]
    if not large:
        return ()
    owners = Counter(path for one in distributions for path in {file.path for file in recorded_files(one)})
    found = (_wheel(one, digests[one.name], owners, least) for one in large)
    return tuple(wheel for wheel in found if wheel is not None)


def file_identity(digest: str, mode: int) -> str:
    """Return what tells a file from any other in the same place: its hash, as RECORD has it, and permissions.

    Tools take the executable bit from wheels, and differ where a wheel is written in an unusual way.
    """
    return f"{digest} {stat.S_IMODE(mode):o}"


def published_wheels(resolution: InstallationResolution) -> dict[str, str]:
    """Return the SHA-256 of each wheel that an index lists, by its distribution."""
    return {
        one.name: one.origin.removeprefix(_SHA256)
        for one in resolution.packages
        if one.published and one.origin.startswith(_SHA256)
    }


def _wheel(
    distribution: InstalledDistribution, sha256: str, owners: Mapping[str, int], least: int
) -> HeavyWheel | None:
    if distribution.directory is None:
        return None
    root = f"{distribution.directory.parent}/"
    recorded = dict.fromkeys(recorded_files(distribution))
    files = [file for file in recorded if file.path.startswith(root)]
    if any(os.path.basename(file.path) == _FOLLOWS_LINKS for file in files):  # noqa: PTH119  (text)
        return None
    big = [file for file in files if (file.size or 0) >= SMALLEST_FILE]
    size = sum(file.size or 0 for file in big)
    if size < least:
        return None
    heavy = [file for file in big if is_heavy(Path(file.path), file.path.removeprefix(root))]
    size = sum(file.size or 0 for file in heavy)
    if size < least or any(owners[file.path] > 1 for file in heavy):
        return None
    if not all(has_digest(file.path, file.digest) for file in heavy):
        return None
    names = {
        file.path.removeprefix(root): file_identity(file.digest, os.lstat(file.path).st_mode)
        for file in heavy
    }
    return HeavyWheel(distribution.name, sha256, names, size)


def is_heavy(path: Path, name: str) -> bool:
    """Whether a big file, called ``name`` below site-packages, may lie elsewhere. Raises OSError.

    It may not if it is text, metadata, a program (programs find their neighbours by where links end), what
    browsers are sent, or what needs a shared libpython, which the environment's metadata name by its place.
    """
    if path.is_symlink() or not path.is_file():
        return False
    if name.endswith((*_CODE, *_SERVED)) or name.partition("/")[0].endswith((".dist-info", ".egg-info")):
        return False
    if _is_shared_library(path):
        return True
    if is_loadable(path) or os.access(path, os.X_OK):
        return False
    with path.open("rb") as file:
        return b"\0" in file.read(_BEGINNING)


def _is_shared_library(path: Path) -> bool:
    """Whether it is one, and loads without libpython; many carry the executable bit for no reason."""
    try:
        return ".so" in path.name and is_loadable(path) and not is_program(path) and not needs_libpython(path)
    except NotElfError:
        return False  # for another kind of machine, or damaged
