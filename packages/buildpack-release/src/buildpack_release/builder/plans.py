"""The build plans of the buildpacks in a builder: our own are in their layers, others have to be declared.

A buildpack that was assembled from a repository like this one decides by data (module `plan`); the same files
are in its layer. Plans of other buildpacks are known only to their programs.
"""

from __future__ import annotations

import gzip
import tarfile
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_common.archives import ArchiveLimits, members, opened_tar
from buildpack_release.errors import CheckFailed
from buildpack_release.model.build_plan import DETECT, declared_plans
from oci_registry.store import StoredBlob

if TYPE_CHECKING:
    from buildpack_release.builder.module import Module
    from buildpack_release.model.build_plan import DeclaredPlan
    from oci_registry.layer import ImageLayer

# The library that is in every buildpack whose detection is data; another's folder `detect` means nothing.
_LIBRARY = "lib/buildpack_api/__init__.py"
# What its launcher starts, and with which Python if it brings one.
_PROGRAM, _INTERPRETER = "lib/__main__.py", "interpreter/bin/python3"
_LARGEST = 1 << 20
_LIMITS = ArchiveLimits(size=8 << 30)  # an offline package carries a Python of each line


@dataclass(frozen=True)
class LayerDetection:
    """The plans in a layer of ours, and whether its code needs a Python from outside."""

    plans: tuple[DeclaredPlan, ...]
    needs_python: bool


def detection_in_layer(module: Module, scratch: Path) -> LayerDetection | None:
    """Read the plans of a buildpack from its layer; None if its detection is a program.

    Raises CheckFailed for a layer that cannot be read or a plan that detection could not use.
    """
    with tempfile.TemporaryDirectory(prefix="plans-", dir=scratch) as name:
        folder = Path(name, str(module).replace("/", "_"))
        found = _extract_plans(module, layer_file(module.layer, scratch), folder)
        if _LIBRARY not in found or not (folder / DETECT).is_dir():
            return None
        return LayerDetection(declared_plans(folder), _PROGRAM in found and _INTERPRETER not in found)


def layer_file(layer: ImageLayer, scratch: Path) -> Path:
    """Return the file of a layer, which is fetched if it is not here."""
    source = layer.source
    if isinstance(source, StoredBlob):
        return source.within(scratch).file()
    assert source.path is not None  # noqa: S101 (it was written here, to a file)
    return source.path


def _extract_plans(module: Module, layer: Path, folder: Path) -> frozenset[str]:
    """Write the files of `detect/`, and return which of the telling files there are."""
    found: set[str] = set()
    root = f"{module.folder.lstrip('/')}/"
    folder.mkdir()
    try:
        with layer.open("rb") as file, opened_tar(file, _LIMITS) as archive:
            for member in members(archive, _LIMITS):
                name = member.name.lstrip("/").removeprefix(root)
                found |= {name} & {_LIBRARY, _PROGRAM, _INTERPRETER}
                parts = Path(name).parts
                if parts[:1] == (DETECT,) and ".." not in parts and member.isreg():
                    _write(archive, member, folder / name, module)
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise CheckFailed(f"the layer of {module} cannot be read", detail=str(error)) from None
    return frozenset(found)


def _write(archive: tarfile.TarFile, member: tarfile.TarInfo, path: Path, module: Module) -> None:
    content = archive.extractfile(member)
    if content is None or member.size > _LARGEST:
        raise CheckFailed(f"{member.name} of {module} is no plan")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.read())
