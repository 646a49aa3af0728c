"""Buildpack directories out of a buildpackage, as a builder has them."""

from __future__ import annotations

import json
import tarfile
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from buildpack_release.errors import CheckFailed
from buildpack_testing.archive import unpack

if TYPE_CHECKING:
    from collections.abc import Iterator

_HOME = "cnb/buildpacks"


def unpack_buildpackage(package: Path, into: Path) -> tuple[Path, ...]:
    """Unpack a .cnb file (an OCI layout in a tar) below into; return the directories of its buildpacks.

    Raises CheckFailed when the file is no buildpackage.
    """
    with tempfile.TemporaryDirectory(prefix="strata-package-") as scratch:
        layout = Path(scratch)
        try:
            _extract(package, layout)
            for layer in _layers(layout):
                _extract(layer, into)
        except (tarfile.TarError, OSError, KeyError, IndexError, ValueError) as error:
            raise CheckFailed(f"not a buildpackage: {error}", file=package) from error
    return tuple(sorted(path.parent for path in (into / _HOME).glob("*/*/buildpack.toml")))


def _layers(layout: Path) -> Iterator[Path]:
    index = json.loads((layout / "index.json").read_bytes())
    manifest = json.loads(_blob(layout, index["manifests"][0]).read_bytes())
    yield from (_blob(layout, layer) for layer in manifest["layers"])


def _blob(layout: Path, descriptor: dict[str, Any]) -> Path:
    algorithm, _, digest = str(descriptor["digest"]).partition(":")
    path = layout / "blobs" / algorithm / digest
    if path.stat().st_size != descriptor["size"]:
        raise ValueError(f"{descriptor['digest']} is incomplete")
    return path


def _extract(archive: Path, into: Path) -> None:
    with tarfile.open(archive) as tar:
        unpack(tar, into, _relative(tar))


def _relative(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """Give the members with relative names: a layer's are absolute. Raises ValueError for a way out."""
    for member in tar:
        member.name = member.name.lstrip("/")
        if ".." in Path(member.name).parts:
            raise ValueError(f"{member.name} leads out of the archive")
        yield member
