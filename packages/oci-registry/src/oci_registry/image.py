"""Images and image indexes (OCI image-spec 1.1): the JSON documents around layers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from oci_registry.blob_source import BlobSource
from oci_registry.content import CONFIG, INDEX, MANIFEST, Document, Manifest
from oci_registry.store import Content

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from oci_registry.layer import ImageLayer

CREATED = "1980-01-01T00:00:01Z"


@dataclass(frozen=True)
class Platform:
    """The machines an image is for, in Go's words: `linux`, `arm64`."""

    os: str
    architecture: str
    variant: str = ""

    def as_json(self) -> dict[str, str]:
        """Return the JSON object of this platform."""
        required = {"os": self.os, "architecture": self.architecture}
        return required | ({"variant": self.variant} if self.variant else {})


def platform_text(platform: Mapping[str, Any]) -> str:
    """Return `os/architecture[/variant]` of what an index or a configuration says; "" if it says nothing."""
    return "/".join(str(platform[key]) for key in ("os", "architecture", "variant") if platform.get(key))


@dataclass(frozen=True)
class Image:
    """An image for one platform, ready to be written. `layers` have the lowest first."""

    platform: Platform
    layers: tuple[ImageLayer, ...]
    config: Document
    manifest: Manifest

    @property
    def digest(self) -> str:
        """The digest that names all of it."""
        return self.manifest.digest

    @property
    def size(self) -> int:
        """How many bytes all layers have, as they travel."""
        return sum(layer.source.size for layer in self.layers)

    @property
    def content(self) -> Content:
        """All that has to be brought where the image is to be."""
        config = BlobSource.from_bytes(self.config.content)
        return Content((*(layer.source for layer in self.layers), config), (self.manifest,))


@dataclass(frozen=True)
class ImageIndex:
    """Images of one thing for several platforms."""

    images: tuple[Image, ...]
    manifest: Manifest = field(repr=False)

    @property
    def digest(self) -> str:
        """The digest that names all of it."""
        return self.manifest.digest

    @property
    def content(self) -> Content:
        """All that has to be brought where the index is to be; what several images share once."""
        contents = [image.content for image in self.images]
        blobs = {blob.digest: blob for content in contents for blob in content.blobs}
        manifests = (manifest for content in contents for manifest in content.manifests)
        return Content(tuple(blobs.values()), (*manifests, self.manifest))


def make_image(
    platform: Platform,
    layers: Sequence[ImageLayer],
    *,
    config: Mapping[str, Any],
    annotations: Mapping[str, str],
) -> Image:
    """Compose an image of layers that exist. `config` lacks only `rootfs`."""
    rootfs = {"type": "layers", "diff_ids": [layer.diff_id for layer in layers]}
    written = Document.of(CONFIG, {**config, "rootfs": rootfs})
    content = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": written.descriptor().to_json(),
        "layers": [layer.descriptor.to_json() for layer in layers],
        "annotations": dict(annotations),
    }
    return Image(platform, tuple(layers), written, Manifest.from_json(content))


def plain_config(
    platform: Platform, layers: Sequence[ImageLayer], labels: Mapping[str, str]
) -> dict[str, Any]:
    """Return the configuration of an image that is its layers and labels, with constant times."""
    return {
        **platform.as_json(),
        "created": CREATED,
        "config": {"Labels": dict(labels)},
        "history": [{"created": CREATED, "created_by": layer.title} for layer in layers],
    }


def make_index(images: Sequence[Image], *, annotations: Mapping[str, str]) -> ImageIndex:
    """Compose the index of images for different platforms."""
    content = {
        "schemaVersion": 2,
        "mediaType": INDEX,
        "manifests": [
            image.manifest.descriptor(platform=image.platform.as_json()).to_json() for image in images
        ],
        "annotations": dict(annotations),
    }
    return ImageIndex(tuple(images), Manifest.from_json(content))
