"""Reading images from where they are: manifests and configurations, of one or of all in an index."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from buildpack_common.parsing import parse_json
from oci_registry.content import json_object
from oci_registry.errors import CheckFailed, ExpectedError, NotFoundError
from oci_registry.image import platform_text
from oci_registry.parallel import in_parallel
from oci_registry.store import read_blob

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oci_registry.content import Descriptor, Manifest
    from oci_registry.store import Source

_MOST_IMAGES = 500
"""What an index may list if all of it is read into memory; the largest have some dozens."""


@dataclass(frozen=True)
class ReadImage:
    """An image for one platform: its manifest and configuration (empty if that is not a JSON object)."""

    manifest: Manifest
    config: Mapping[str, Any]

    @property
    def platform(self) -> str:
        """`os/architecture[/variant]`, as the configuration says."""
        return platform_text(self.config)

    @property
    def diff_ids(self) -> tuple[str, ...]:
        """The digests of the layers' archives, not compressed."""
        found = json_object(self.config.get("rootfs")).get("diff_ids")
        return tuple(map(str, found)) if isinstance(found, list) else ()

    @property
    def labels(self) -> Mapping[str, str]:
        """The labels."""
        found = json_object(self.settings.get("Labels"))
        return {str(key): str(value) for key, value in found.items()}

    @property
    def settings(self) -> Mapping[str, Any]:
        """How containers are started: the `config` of the configuration."""
        return json_object(self.config.get("config"))

    @property
    def layer_names(self) -> tuple[str, ...]:
        """What the history calls the layers, or their numbers where it does not tell."""
        history = self.config.get("history")
        entries = [one for one in history if isinstance(one, dict)] if isinstance(history, list) else []
        names = [str(one.get("created_by", "")) for one in entries if not one.get("empty_layer")]
        if len(names) != len(self.diff_ids):
            return tuple(str(number) for number, _ in enumerate(self.diff_ids, start=1))
        return tuple(names)


@dataclass(frozen=True)
class ImageTree:
    """What a tag points to: an index and its images, or a single image."""

    root: Manifest
    images: tuple[ReadImage, ...]

    @property
    def digest(self) -> str:
        """The digest of the root."""
        return self.root.digest

    @property
    def platforms(self) -> dict[str, ReadImage]:
        """The images by platform."""
        return {image.platform: image for image in self.images}

    @property
    def blobs(self) -> tuple[Descriptor, ...]:
        """The configurations and layers, each once."""
        return tuple({blob.digest: blob for image in self.images for blob in image.manifest.blobs}.values())

    @property
    def manifests(self) -> tuple[Manifest, ...]:
        """All manifests, the root last."""
        children = tuple(image.manifest for image in self.images if image.manifest != self.root)
        return (*children, self.root)


def read_tree(store: Source, root: Manifest) -> ImageTree:
    """Read the manifests and configurations below a root. Raises CheckFailed if some are not there.

    Of several faults that of the first one in the index is raised, whichever was found first.
    """
    if not root.is_index:
        return ImageTree(root, (read_image(store, root),))
    if len(root.manifests) > _MOST_IMAGES:
        raise CheckFailed(f"the index {root.digest} in {store.name} lists more than {_MOST_IMAGES} manifests")
    images = []
    for found in in_parallel(partial(_child_or_fault, store, root), root.manifests):
        if isinstance(found, ExpectedError):
            raise found
        images.append(found)
    return ImageTree(root, tuple(images))


def _child_or_fault(store: Source, root: Manifest, entry: Descriptor) -> ReadImage | ExpectedError:
    try:
        return _child(store, root, entry)
    except ExpectedError as error:
        return error


def _child(store: Source, root: Manifest, entry: Descriptor) -> ReadImage:
    found = store.manifest(entry.digest, entry.media_type)
    if found is None:
        raise _missing(store, entry.digest, f"The index {root.digest} lists it.")
    return read_image(store, found)


def read_image(store: Source, manifest: Manifest) -> ReadImage:
    """Read the configuration of an image. Raises CheckFailed if it is not there."""
    return ReadImage(manifest, _config(store, manifest))


def _config(store: Source, manifest: Manifest) -> Mapping[str, Any]:
    config = manifest.config
    if config is None or manifest.is_index:
        return {}
    try:
        return json_object(parse_json(read_blob(store, config)))
    except NotFoundError:
        raise _missing(store, config.digest, f"The image {manifest.digest} refers to it.") from None
    except ValueError:
        return {}


def _missing(store: Source, digest: str, why: str) -> CheckFailed:
    return CheckFailed(
        f"a part of what is published is missing: {store.name}@{digest}",
        detail=why,
        advice="It has to be restored there, or the version be deleted and published again.",
    )
