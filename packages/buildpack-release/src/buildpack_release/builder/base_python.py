"""Whether a base image has a Python that our buildpacks can run with: read in its layers, not by running."""

from __future__ import annotations

import gzip
import re
import tarfile
import zlib
from typing import TYPE_CHECKING

from buildpack_common.archives import ArchiveLimits, members, opened_tar
from buildpack_common.environment_variables import BUILD_PYTHON
from buildpack_release.builder.plans import layer_file
from buildpack_release.errors import CheckFailed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from buildpack_release.builder.base import Base

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_NAME = re.compile(r"python3(?:\.1[0-5])?")
_OLD = re.compile(r"python3\.[0-9]")
_LIMITS = ArchiveLimits(size=32 << 30)
_WHITEOUT, _OPAQUE = ".wh.", ".wh..wh..opq"  # OCI image specification, "Whiteouts"


def has_python(base: Base, scratch: Path) -> bool:
    """Tell whether Python 3.10 or newer is on PATH of a base image, as far as names tell.

    Its layers are read from the top, until one is found. Raises CheckFailed for a layer that cannot be read.
    """
    if base.environment.get(BUILD_PYTHON.name):
        return True
    folders = _folders(base.environment.get("PATH") or _PATH)
    hidden: set[str] = set()
    for layer in reversed(base.image.layers):
        found = list(_entries(layer_file(layer, scratch), base.image.name))
        for name, link in found:
            if _is_python(name, link, folders) and not _is_hidden(name, hidden):
                return True
        hidden |= {name for name, _ in found}
    return False


def _folders(path: str) -> frozenset[str]:
    """Return the folders of PATH; `/bin` is a link to `/usr/bin` on most systems."""
    named = {one.strip("/") for one in path.split(":") if one.startswith("/")}
    return frozenset(named | {f"usr/{one}" for one in named & {"bin", "sbin"}})


def _entries(layer: Path, name: str) -> Iterator[tuple[str, str]]:
    """Yield the names in a layer, with where a link leads."""
    try:
        with layer.open("rb") as file, opened_tar(file, _LIMITS) as archive:
            for member in members(archive, _LIMITS):
                if not member.isdir():
                    yield member.name.removeprefix("./").lstrip("/"), member.linkname
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise CheckFailed(f"a layer of the base {name} cannot be read", detail=str(error)) from None


def _is_python(name: str, link: str, folders: frozenset[str]) -> bool:
    folder, _, program = name.rpartition("/")
    is_old = _OLD.fullmatch(link.rpartition("/")[2]) is not None
    return folder in folders and _NAME.fullmatch(program) is not None and not is_old


def _is_hidden(name: str, hidden: set[str]) -> bool:
    """Tell whether an upper layer has another file there, or takes it or a folder around it away."""
    parts = name.split("/")
    for length in range(1, len(parts) + 1):
        *around, last = parts[:length]
        if "/".join([*around, f"{_WHITEOUT}{last}"]) in hidden or "/".join([*around, _OPAQUE]) in hidden:
            return True
    return name in hidden
