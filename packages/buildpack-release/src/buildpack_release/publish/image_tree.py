"""An index with its images and their configurations: what is compared and verified."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from buildpack_release.errors import CheckFailed
from buildpack_release.publish.image_store import read_blob
from oci_registry.errors import NotFoundError
from oci_registry.parallel import in_parallel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from buildpack_release.publish.image_store import ImageStore
    from oci_registry.content import Descriptor, Manifest

_Json = dict[str, Any]


@dataclass(frozen=True)
class TreeImage:
    """An image for one platform, with its parsed configuration (empty if that is not a JSON object)."""

    manifest: Manifest
    config: Mapping[str, Any]

    @property
    def platform(self) -> str:
        """`os/architecture[/variant]`, as the configuration says."""
        parts = (self.config.get(key) for key in ("os", "architecture", "variant"))
        return "/".join(str(part) for part in parts if part)

    @property
    def diff_ids(self) -> tuple[str, ...]:
        """The digests of the layers' archives, not compressed."""
        found = _object(self.config.get("rootfs")).get("diff_ids")
        return tuple(map(str, found)) if isinstance(found, list) else ()

    @property
    def labels(self) -> Mapping[str, str]:
        """The labels."""
        found = _object(_object(self.config.get("config")).get("Labels"))
        return {str(key): str(value) for key, value in found.items()}

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
    images: tuple[TreeImage, ...]

    @property
    def digest(self) -> str:
        """The digest of the root."""
        return self.root.digest

    @property
    def platforms(self) -> dict[str, TreeImage]:
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


def read_tree(store: ImageStore, root: Manifest) -> ImageTree:
    """Read the manifests and configurations below a root. Raises CheckFailed if some are not there."""
    if not root.is_index:
        return ImageTree(root, (_image(store, root),))
    return ImageTree(root, tuple(in_parallel(partial(_child, store, root), root.manifests)))


def _child(store: ImageStore, root: Manifest, entry: Descriptor) -> TreeImage:
    found = store.manifest(entry.digest)
    if found is None:
        raise _missing(store, entry.digest, f"The index {root.digest} lists it.")
    return _image(store, found)


def _image(store: ImageStore, manifest: Manifest) -> TreeImage:
    return TreeImage(manifest, _config(store, manifest))


def _config(store: ImageStore, manifest: Manifest) -> Mapping[str, Any]:
    config = manifest.config
    if config is None or manifest.is_index:
        return {}
    try:
        return _object(json.loads(read_blob(store, config)))
    except NotFoundError:
        raise _missing(store, config.digest, f"The image {manifest.digest} refers to it.") from None
    except ValueError:
        return {}


def _missing(store: ImageStore, digest: str, why: str) -> CheckFailed:
    return CheckFailed(
        f"a part of what is published is missing: {store.name}@{digest}",
        detail=why,
        advice="It has to be restored there, or the version be deleted and published again.",
    )


def _object(value: object) -> _Json:
    return value if isinstance(value, dict) else {}
