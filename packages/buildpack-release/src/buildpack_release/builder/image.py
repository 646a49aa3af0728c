"""The image of a builder: the base's layers as they are, then those of the builder (`files`, `labels`)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from buildpack_release.builder import files
from buildpack_release.builder.blob_store import FileStore
from buildpack_release.builder.environment import variable_files
from buildpack_release.builder.labels import builder_labels
from buildpack_release.builder.source_image import StoredLayer
from buildpack_release.errors import CheckFailed
from oci_registry.compression import gzip_compressor
from oci_registry.content import (
    CONFIG,
    DOCKER_LAYER,
    DOCKER_LAYER_TAR,
    LAYER,
    LAYER_TAR,
    MANIFEST,
    Descriptor,
    Document,
    Manifest,
)
from oci_registry.image import CREATED, Platform
from oci_registry.layer import write_layer
from oci_registry.tar import TarEntry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from buildpack_release.builder.composition import Composition
    from buildpack_release.builder.source_image import SourceImage

_MEDIA_TYPES = {DOCKER_LAYER: LAYER, DOCKER_LAYER_TAR: LAYER_TAR}
# The only keys of a configuration that OCI knows; Docker's older ones tell about the machine it was made on.
_CONFIG_KEYS = ("architecture", "author", "os", "os.features", "os.version", "variant")
BASE_DIGEST = "org.opencontainers.image.base.digest"


@dataclass(frozen=True)
class BuilderLayer:
    """A layer of a builder and what its history says about it."""

    layer: StoredLayer
    title: str


@dataclass(frozen=True)
class BuilderImage:
    """A builder, ready to be written. `base_layers` are those that it has from its base."""

    platform: Platform
    config: Document
    manifest: Manifest
    layers: tuple[StoredLayer, ...] = field(repr=False)
    base_layers: int

    @property
    def digest(self) -> str:
        """The digest that names all of it."""
        return self.manifest.digest

    @property
    def size(self) -> int:
        """How many bytes all layers have, as they travel."""
        return sum(layer.blob.size for layer in self.layers)


def make_builder(composition: Composition, scratch: Path) -> BuilderImage:
    """Write the layers that are new into an empty folder, and compose the image.

    Raises CheckFailed for a base with layers that cannot be used elsewhere.
    """
    base = composition.base.image
    own = tuple(_own_layers(composition, scratch))
    layers = (*(_with_oci_type(layer, base) for layer in base.layers), *(one.layer for one in own))
    config = Document.of(CONFIG, _config(composition, layers, own))
    target = composition.base.target
    content = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": config.descriptor().to_json(),
        "layers": [layer.blob.to_json() for layer in layers],
        "annotations": {BASE_DIGEST: base.digest},
    }
    platform = Platform(target.os, target.arch, target.variant)
    return BuilderImage(platform, config, Manifest.of(MANIFEST, content), layers, len(base.layers))


def _own_layers(composition: Composition, scratch: Path) -> Iterator[BuilderLayer]:
    config, writer = composition.config, _Writer(scratch)
    yield writer.write_archive(files.folders_archive(composition.base), "folders")
    yield writer.write(composition.lifecycle.entries(), f"lifecycle {composition.lifecycle.version}")
    for layer in composition.layers:
        names = [str(module) for module in composition.modules if module.layer.diff_id == layer.diff_id]
        yield BuilderLayer(_with_oci_type(layer, composition.base.image), ", ".join(names))
    yield writer.write_text(files.ORDER, files.order_toml(composition.order))
    if composition.system_pre or composition.system_post:
        system = files.system_toml(composition.system_pre, composition.system_post)
        yield writer.write_text(files.SYSTEM, system)
    yield writer.write_text(files.STACK, files.stack_toml(config.run_images[0]))
    yield writer.write_text(files.RUN, files.run_toml(config.run_images))
    if config.variables:
        entries = files.variable_entries(variable_files(config.variables))
        yield writer.write(entries, files.VARIABLES)


@dataclass
class _Writer:
    """Writes new layers into a folder, one file each."""

    folder: Path
    count: int = 0

    def write(self, entries: Iterable[TarEntry], title: str) -> BuilderLayer:
        path = self._path()
        layer = write_layer(entries, path)
        return self._stored(path, layer.descriptor.digest, layer.descriptor.size, layer.diff_id, title)

    def write_text(self, name: str, text: str) -> BuilderLayer:
        return self.write([TarEntry.content(name, text.encode())], name)

    def write_archive(self, archive: bytes, title: str) -> BuilderLayer:
        compressor = gzip_compressor()
        data = compressor.compress(archive) + compressor.flush()
        path = self._path()
        path.write_bytes(data)
        digests = [f"sha256:{hashlib.sha256(content).hexdigest()}" for content in (data, archive)]
        return self._stored(path, digests[0], len(data), digests[1], title)

    def _path(self) -> Path:
        self.count += 1
        return self.folder / f"{self.count}.layer"

    @staticmethod
    def _stored(path: Path, digest: str, size: int, diff_id: str, title: str) -> BuilderLayer:
        store = FileStore.of({digest: path})
        return BuilderLayer(StoredLayer(Descriptor(LAYER, digest, size), diff_id, store), title)


def _with_oci_type(layer: StoredLayer, image: SourceImage) -> StoredLayer:
    """Give a layer with OCI's name of its type: Docker's other names mean the same bytes."""
    found = layer.blob.media_type
    media_type = _MEDIA_TYPES.get(found, found)
    if not media_type.startswith(LAYER_TAR):
        raise CheckFailed(
            f"a layer of {image.name} cannot be used in another image",
            detail=f'Its type is "{found}".',
            advice="Take a base whose layers are all in the registry.",
        )
    blob = Descriptor(media_type, layer.blob.digest, layer.blob.size)
    return StoredLayer(blob, layer.diff_id, layer.store)


def _config(
    composition: Composition, layers: tuple[StoredLayer, ...], own: tuple[BuilderLayer, ...]
) -> Mapping[str, Any]:
    base = composition.base.image
    settings = {
        **base.settings,
        "Labels": {**base.labels, **builder_labels(composition)},
        "WorkingDir": files.LAYERS,
    }
    history = [{"created": CREATED, "created_by": one.title} for one in own]
    return {
        **{key: base.config[key] for key in _CONFIG_KEYS if base.config.get(key)},
        "created": CREATED,
        "config": settings,
        "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in layers]},
        "history": [*_base_history(base), *history],
    }


def _base_history(base: SourceImage) -> list[Any]:
    """Give the base's history; a plain one if it does not fit the layers, since tools compare them."""
    found = base.config.get("history")
    history = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    if sum(not one.get("empty_layer") for one in history) == len(base.layers):
        return history
    return [{"created": CREATED, "created_by": "the base image"} for _ in base.layers]
