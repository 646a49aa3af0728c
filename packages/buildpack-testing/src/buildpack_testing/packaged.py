"""Buildpack directories out of a buildpackage, as a builder has them."""

from __future__ import annotations

import tarfile
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_release.errors import CheckFailed, ReleaseError
from buildpack_testing.archive import unpack
from oci_registry.layout import LayoutArchive
from oci_registry.store import StoredBlob

if TYPE_CHECKING:
    from collections.abc import Iterator

_HOME = "cnb/buildpacks"


def unpack_buildpackage(package: Path, into: Path) -> tuple[Path, ...]:
    """Unpack a .cnb file (an OCI layout in a tar) below into; return the directories of its buildpacks.

    Raises CheckFailed when the file is no buildpackage.
    """
    with tempfile.TemporaryDirectory(prefix="strata-package-") as scratch:
        try:
            for layer in _layers(LayoutArchive.read(package)):
                _extract(layer.within(Path(scratch)).file(), into)
        except (tarfile.TarError, OSError, ValueError) as error:
            raise CheckFailed(f"not a buildpackage: {error}", file=package) from error
        except ReleaseError as error:
            raise CheckFailed(f"not a buildpackage: {error.title}", file=package) from error
    return tuple(sorted(path.parent for path in (into / _HOME).glob("*/*/buildpack.toml")))


def _layers(archive: LayoutArchive) -> Iterator[StoredBlob]:
    (entry,) = archive.index().manifests
    manifest = archive.manifest(entry.digest, entry.media_type)
    if manifest is None:
        raise CheckFailed(f"the manifest {entry.digest} is missing")
    yield from (StoredBlob.of(blob, archive) for blob in manifest.layers)


def _extract(archive: Path, into: Path) -> None:
    with tarfile.open(archive) as tar:
        unpack(tar, into, _relative(tar))


def _relative(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """Return the members with relative names: a layer's are absolute. Raises ValueError for a way out."""
    for member in tar:
        member.name = member.name.lstrip("/")
        if ".." in Path(member.name).parts:
            raise ValueError(f"{member.name} leads out of the archive")
        yield member
