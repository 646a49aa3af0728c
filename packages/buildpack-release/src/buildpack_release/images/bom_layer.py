"""The layer with the bills of materials of an app image, whose documents about one layer are exchanged.

It is taken apart and written again in the lifecycle's form; only if that gives the same archive is it known
well enough to be changed.
"""

from __future__ import annotations

import io
import tarfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_common.archives import ArchiveLimits, members, opened_tar
from buildpack_release.errors import CheckFailed
from buildpack_release.images.exported_layer import header, padding
from oci_registry.compression import gzip_compressor
from oci_registry.content import sha256

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from buildpack_release.images.app_image import AppImage, BuildpackLayer
    from buildpack_release.images.exported_layer import LayerPlace
    from oci_registry.store import Source

_LIMITS = ArchiveLimits(members=10_000, size=64 << 20)
LAUNCH = "/sbom/launch/"
"""The folder of the documents about layers of the image, in the layers directory of its build."""


@dataclass(frozen=True)
class BomEntry:
    """A folder (`content` is None) or a file of such a layer."""

    name: str
    mode: int
    owner: tuple[int, int]
    content: bytes | None


@dataclass(frozen=True)
class BomLayer:
    """The layer, taken apart."""

    entries: tuple[BomEntry, ...]

    @classmethod
    def of(cls, buildpack: str, layer: str, documents: Mapping[str, bytes], place: LayerPlace) -> BomLayer:
        """Return a layer with documents about one layer alone, which is at a place and has its owner."""
        root = place.parents[0]
        owner = (place.uid, place.gid)
        folder = f"{root.name}{_folder(buildpack, layer)}"
        inner = [folder[:at] for at in range(len(root.name) + 1, len(folder)) if folder[at] == "/"]
        folders = [BomEntry(name, 0o755, owner, None) for name in inner]
        files = [BomEntry(f"{folder}{name}", 0o644, owner, content) for name, content in documents.items()]
        files.sort(key=lambda one: one.name.split("/"))
        return cls((BomEntry(root.name, root.mode, (root.uid, root.gid), None), *folders, *files))

    @classmethod
    def read(cls, store: Source, app: AppImage) -> BomLayer | None:
        """Read that of an image; None if it has none.

        Raises CheckFailed if it is no archive, too large, or not as the lifecycle writes it; RegistryError.
        """
        layer = app.layer(app.sbom_diff_id)
        if layer is None:
            return None
        packed = b"".join(store.pieces(layer.blob))
        what = f"the layer with the bills of materials of {store.name}@{app.digest}"
        try:
            found = cls(tuple(_entries(packed)))
        except (tarfile.TarError, zlib.error, EOFError, OSError) as error:
            raise CheckFailed(f"{what} cannot be read", detail=f"{error}") from None
        if sha256(found.archive) != layer.diff_id:
            raise CheckFailed(f"{what} is not as the lifecycle writes it")
        return found

    @property
    def archive(self) -> bytes:
        """The archive, in the lifecycle's form."""
        return b"".join(_written(self.entries))

    def compressed(self) -> bytes:
        """Return the blob."""
        compressor = gzip_compressor()
        return compressor.compress(self.archive) + compressor.flush()

    def documents(self, layer: BuildpackLayer) -> dict[str, bytes]:
        """Return the documents about a layer, by the names that they have there."""
        folder = _folder(layer.buildpack, layer.name)
        return {
            name.rpartition("/")[2]: content
            for name, content in ((one.name, one.content) for one in self.entries)
            if content is not None and folder in name
        }

    def with_documents(self, layer: BuildpackLayer, documents: Mapping[str, bytes]) -> BomLayer:
        """Return the layer with other documents about a layer. Raises CheckFailed if it had none."""
        folder = _folder(layer.buildpack, layer.name)
        own = [one for one in self.entries if one.content is not None and folder in one.name]
        if not own:
            raise CheckFailed(f"the image has no bill of materials of its layer {layer.title}")
        root = own[0].name.rpartition("/")[0]
        new = {
            f"{root}/{name}": BomEntry(f"{root}/{name}", own[0].mode, own[0].owner, content)
            for name, content in documents.items()
        }
        kept = [one for one in self.entries if one not in own]
        return BomLayer(tuple(sorted([*kept, *new.values()], key=lambda one: one.name.split("/"))))


def _folder(buildpack: str, layer: str) -> str:
    return f"{LAUNCH}{buildpack.replace('/', '_')}/{layer}/"


def _entries(packed: bytes) -> Iterator[BomEntry]:
    with opened_tar(io.BytesIO(packed), _LIMITS) as archive:
        for member in members(archive, _LIMITS):
            owner = (member.uid, member.gid)
            if member.isdir():
                yield BomEntry(member.name, member.mode, owner, None)
                continue
            content = archive.extractfile(member)
            if not member.isreg() or content is None:
                raise tarfile.ReadError(f"{member.name} is neither a file nor a folder")
            yield BomEntry(member.name, member.mode, owner, content.read())


def _written(entries: Iterable[BomEntry]) -> Iterator[bytes]:
    for one in entries:
        if one.content is None:
            yield header(one.name, mode=one.mode, owner=one.owner, kind=tarfile.DIRTYPE)
            continue
        yield header(one.name, mode=one.mode, owner=one.owner, kind=tarfile.REGTYPE, size=len(one.content))
        yield one.content + padding(len(one.content))
    yield bytes(1024)
