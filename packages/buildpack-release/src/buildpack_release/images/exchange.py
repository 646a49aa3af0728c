"""The image with another layer of Python: its new configuration, manifest and bills of materials.

It depends on the old image and the new layer alone, so whoever makes it gets the same digest.
"""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from buildpack_release.errors import CheckFailed
from buildpack_release.images.app_image import LIFECYCLE_LABEL, PATCH_LABEL
from buildpack_release.images.patch_rules import exchanged_data
from oci_registry.blob_source import BlobSource
from oci_registry.content import (
    CONFIG,
    DOCKER_LAYER,
    DOCKER_MANIFEST,
    LAYER,
    Descriptor,
    Document,
    Manifest,
    canonical_json,
    json_object,
    sha256,
)

if TYPE_CHECKING:
    from buildpack_release.images.app_image import AppImage, BuildpackLayer
    from buildpack_release.images.bom_layer import BomLayer
    from buildpack_release.images.known_runtime import KnownRuntime

_GZIP = frozenset({LAYER, DOCKER_LAYER})


@dataclass(frozen=True)
class ExchangedImage:
    """An image that is ready to be written but for its layer of Python."""

    manifest: Manifest
    config: BlobSource
    bom: BlobSource | None

    @property
    def own_blobs(self) -> tuple[BlobSource, ...]:
        """What only this image has."""
        return (self.config, self.bom) if self.bom else (self.config,)


def exchange(
    app: AppImage, layer: BuildpackLayer, new: KnownRuntime, boms: BomLayer | None, *, origin: str = ""
) -> ExchangedImage:
    """Put another layer of Python into an image.

    Args:
        app: the image.
        layer: its layer of Python, which is there once.
        new: the layer to be there.
        boms: its bills of materials, as they are.
        origin: the digest that whoever goes back goes back to: of the index, if the image is in one.

    Raises CheckFailed if the image contradicts itself.
    """
    config: dict[str, Any] = copy.deepcopy(dict(app.image.config))
    manifest: dict[str, Any] = copy.deepcopy(dict(app.image.manifest.document))
    metadata: dict[str, Any] = copy.deepcopy(dict(app.metadata))
    entry = _entry(metadata, layer)
    entry.update(sha=new.diff_id, data=dict(exchanged_data(layer, new)))
    changed = {layer.diff_id: (new.diff_id, new.blob.digest, new.blob.size)}
    bom = None
    if boms is not None:
        written = boms.with_documents(layer, new.boms)
        bom = BlobSource.from_bytes(written.compressed())
        metadata["sbom"]["sha"] = sha256(written.archive)
        changed[app.sbom_diff_id] = (metadata["sbom"]["sha"], bom.digest, bom.size)
    said = f"Python {layer.text('version')} exchanged against {new.version} without a build"
    for old, (diff_id, digest, size) in changed.items():
        at = app.image.diff_ids.index(old)
        config["rootfs"]["diff_ids"][at] = diff_id
        # Nothing else of the old descriptor: its annotations, `data` and `urls` are about other content.
        manifest["layers"][at] = Descriptor(_media_type(app.image.manifest, at), digest, size).to_json()
        _note(config, at, f"{said}: {old}")
    labels = config["config"]["Labels"]
    labels[LIFECYCLE_LABEL] = json.dumps(metadata, separators=(",", ":"), ensure_ascii=False)
    labels[PATCH_LABEL] = canonical_json(
        {"from": origin or app.digest, "python": layer.text("version"), "layer": layer.diff_id}
    ).decode()
    media_type = app.image.manifest.config.media_type if app.image.manifest.config else CONFIG
    written_config = Document.of(media_type, config)
    manifest["config"] = written_config.descriptor().to_json()
    return ExchangedImage(
        Manifest(app.image.manifest.media_type, canonical_json(manifest)),
        BlobSource.from_bytes(written_config.content),
        bom,
    )


def is_exchange(new: AppImage, old: AppImage) -> bool:
    """Whether an image differs from another one by nothing but what an exchange of its Python changes."""
    layers, exchanged = new.image.diff_ids, {str(new.label(PATCH_LABEL).get("layer")), old.sbom_diff_id}
    return (
        len(layers) == len(old.image.diff_ids)
        and all(
            one == other or other in exchanged for one, other in zip(layers, old.image.diff_ids, strict=True)
        )
        and _other_settings(new) == _other_settings(old)
    )


def _other_settings(app: AppImage) -> dict[str, object]:
    """Return how containers of an image are started, and its labels but for those that an exchange writes."""
    labels = {
        key: value for key, value in app.image.labels.items() if key not in (LIFECYCLE_LABEL, PATCH_LABEL)
    }
    return {**app.image.settings, "Labels": labels}


def _entry(metadata: dict[str, Any], layer: BuildpackLayer) -> dict[str, Any]:
    for buildpack in map(json_object, metadata["buildpacks"]):
        found = json_object(json_object(buildpack.get("layers")).get(layer.name))
        if buildpack.get("key") == layer.buildpack and found.get("sha") == layer.diff_id:
            return found
    raise CheckFailed(f"the label {LIFECYCLE_LABEL} does not list {layer.title}")


def _media_type(manifest: Manifest, at: int) -> str:
    """Return the type of a layer that is compressed with gzip: as it was, else as the manifest has them."""
    old = manifest.layers[at].media_type
    if old in _GZIP:
        return old
    return DOCKER_LAYER if manifest.media_type == DOCKER_MANIFEST else LAYER


def _note(config: dict[str, Any], at: int, text: str) -> None:
    """Note an exchange in the history of a layer, if the history has an entry for each."""
    history = config.get("history")
    entries = [one for one in history if isinstance(one, dict)] if isinstance(history, list) else []
    layers = [one for one in entries if not one.get("empty_layer")]
    if len(layers) == len(config["rootfs"]["diff_ids"]):
        layers[at]["comment"] = text
