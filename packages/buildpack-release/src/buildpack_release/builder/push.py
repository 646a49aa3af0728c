"""Pushing a builder: what the registry has is left there or mounted, the rest is sent; the tag comes last."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

from oci_registry.remote.blob_source import BlobSource
from oci_registry.remote.push import Content

if TYPE_CHECKING:
    from pathlib import Path

    from buildpack_release.builder.image import BuilderImage
    from buildpack_release.builder.source_image import StoredLayer
    from oci_registry.reference import Reference
    from oci_registry.remote.push import Pushed
    from oci_registry.remote.registries import Registries


@dataclass(frozen=True)
class LayerSource(BlobSource):
    """A layer that becomes a file only when the registry does not have it: it may have to be downloaded."""

    layer: StoredLayer | None = None
    scratch: Path | None = None
    lock: threading.Lock = field(default_factory=threading.Lock, compare=False, repr=False)

    @classmethod
    def of(cls, layer: StoredLayer, scratch: Path) -> LayerSource:
        """Take a layer, and the folder for its file."""
        return cls(layer.blob.digest, layer.blob.size, layer=layer, scratch=scratch)

    def file(self) -> Path:
        """Give the file, which is fetched the first time. Raises ReleaseError."""
        if self.layer is None or self.scratch is None:
            raise TypeError
        local = self.layer.store.local(self.layer.blob)
        if local is not None:
            return local
        path = self.scratch / self.digest.removeprefix("sha256:")
        with self.lock:
            if not path.exists():
                self.layer.store.save(self.layer.blob, path)
        return path

    def open(self) -> IO[bytes]:
        """Open the layer for reading."""
        return self.file().open("rb")

    def check(self) -> None:
        """Raise ContentMismatchError if the file is not what its digest says."""
        BlobSource.from_file(self.file(), self.digest)


def push_builder(image: BuilderImage, reference: Reference, registries: Registries, scratch: Path) -> Pushed:
    """Push a builder to a reference with a tag. `scratch` is an empty folder. Raises RegistryError."""
    sources = [LayerSource.of(layer, scratch) for layer in image.layers]
    content = Content((*sources, BlobSource.from_bytes(image.config.content)), (image.manifest,))
    repository = registries.repository(reference)
    return repository.push(
        content, [reference.tag] if reference.tag else [], mount_from=_mounts(image, reference)
    )


def _mounts(image: BuilderImage, reference: Reference) -> dict[str, str]:
    """Give for each blob the repository of the same registry that has it."""
    origins = {layer.blob.digest: layer.store.origin for layer in image.layers}
    return {
        digest: origin[1] for digest, origin in origins.items() if origin and origin[0] == reference.registry
    }
