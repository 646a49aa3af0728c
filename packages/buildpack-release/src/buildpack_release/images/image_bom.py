"""The bills of materials in an app image: the packages that its layers hold."""

from __future__ import annotations

import tarfile
import zlib
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, cast

from buildpack_common.archives import ArchiveLimits, members, opened_tar
from buildpack_common.parsing import parse_json
from buildpack_release.errors import CheckFailed
from buildpack_release.images.bom_layer import LAUNCH
from oci_registry.content import json_object

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from buildpack_release.images.app_image import AppImage
    from oci_registry.store import Source

_CYCLONEDX = "sbom.cdx.json"
_LIMITS = ArchiveLimits(members=10_000, size=256 << 20)
_IN_MEMORY = 1 << 20


@dataclass(frozen=True, order=True)
class BomPackage:
    """A component of a bill of materials; `where` is the buildpack and layer it is in."""

    name: str
    version: str
    purl: str
    where: str


def read_packages(store: Source, app: AppImage) -> tuple[BomPackage, ...]:
    """Return what the CycloneDX documents of an image list, sorted; nothing if it has no such layer.

    Raises CheckFailed if the layer is no archive or too large, RegistryError.
    """
    layer = app.layer(app.sbom_diff_id)
    if layer is None:
        return ()
    with SpooledTemporaryFile(_IN_MEMORY) as file:
        file.writelines(store.pieces(layer.blob))
        file.seek(0)
        try:
            found = list(_documents(cast("IO[bytes]", file)))
        except (tarfile.TarError, zlib.error, EOFError, OSError) as error:
            raise CheckFailed(
                f"the layer with the bills of materials of {store.name}@{app.digest} cannot be read",
                detail=f"{error}",
            ) from None
    return tuple(sorted({one for where, document in found for one in listed_packages(where, document)}))


def _documents(file: IO[bytes]) -> Iterator[tuple[str, Mapping[str, object]]]:
    with opened_tar(file, _LIMITS) as archive:
        for member in members(archive, _LIMITS):
            where, name = member.name.partition(LAUNCH)[2].rpartition("/")[::2]
            if not (member.isreg() and where and name == _CYCLONEDX):
                continue
            content = archive.extractfile(member)
            try:
                document = json_object(parse_json(content.read())) if content else {}
            except ValueError:
                continue
            yield where, document


def listed_packages(where: str, document: Mapping[str, object]) -> Iterator[BomPackage]:
    """Yield the components of a CycloneDX document."""
    listed = document.get("components")
    for one in map(json_object, listed if isinstance(listed, list) else ()):
        yield BomPackage(
            str(one.get("name", "")), str(one.get("version", "")), str(one.get("purl", "")), where
        )
