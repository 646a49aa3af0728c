"""Images and image indexes (OCI image-spec 1.1): the JSON documents around layers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from oci_registry.content import CONFIG, INDEX, MANIFEST, Document, Manifest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from oci_registry.layer import Layer

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


@dataclass(frozen=True)
class LayerOfImage:
    """A layer and its name, which the history of the image tells."""

    layer: Layer
    name: str


@dataclass(frozen=True)
class Image:
    """An image for one platform."""

    platform: Platform
    layers: tuple[LayerOfImage, ...]
    config: Document
    manifest: Manifest


@dataclass(frozen=True)
class ImageIndex:
    """Images of one thing for several platforms."""

    images: tuple[Image, ...]
    manifest: Manifest = field(repr=False)

    @property
    def digest(self) -> str:
        """The digest that names all of it."""
        return self.manifest.digest


def make_image(
    platform: Platform,
    layers: Sequence[LayerOfImage],
    *,
    labels: Mapping[str, str],
    annotations: Mapping[str, str],
) -> Image:
    """Compose an image of layers that exist, with constant times."""
    config = Document.of(CONFIG, _config(platform, layers, labels))
    return Image(
        platform,
        tuple(layers),
        config,
        make_manifest(config, [item.layer for item in layers], annotations=annotations),
    )


def make_manifest(config: Document, layers: Sequence[Layer], *, annotations: Mapping[str, str]) -> Manifest:
    """Compose the manifest of an image."""
    return Manifest.of(
        MANIFEST,
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": config.descriptor().to_json(),
            "layers": [layer.descriptor.to_json() for layer in layers],
            "annotations": dict(annotations),
        },
    )


def make_index(images: Sequence[Image], *, annotations: Mapping[str, str]) -> ImageIndex:
    """Compose the index of images for different platforms."""
    content = {
        "schemaVersion": 2,
        "mediaType": INDEX,
        "manifests": [
            image.manifest.descriptor().to_json(platform=image.platform.as_json()) for image in images
        ],
        "annotations": dict(annotations),
    }
    return ImageIndex(tuple(images), Manifest.of(INDEX, content))


def _config(platform: Platform, layers: Sequence[LayerOfImage], labels: Mapping[str, str]) -> dict[str, Any]:
    return {
        **platform.as_json(),
        "created": CREATED,
        "config": {"Labels": dict(labels)},
        "history": [{"created": CREATED, "created_by": item.name} for item in layers],
        "rootfs": {"type": "layers", "diff_ids": [item.layer.diff_id for item in layers]},
    }
