"""Small images to push, and a client that does not wait."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from oci_registry.blob_source import BlobSource
from oci_registry.content import CONFIG, INDEX, LAYER_TAR, MANIFEST, Manifest
from oci_registry.remote.retry import Clock
from oci_registry.store import Content

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def image(*layers: bytes, architecture: str = "amd64", os: str = "linux", **manifest: object) -> Content:
    """Make an image of layers (tar files, if anybody unpacks them); `manifest` adds members to it."""
    blobs = tuple(BlobSource.from_bytes(layer) for layer in layers)
    diff_ids = [blob.digest for blob in blobs]
    rootfs = {"type": "layers", "diff_ids": diff_ids}
    config = {"architecture": architecture, "os": os, "rootfs": rootfs, "config": {}}
    config_blob = BlobSource.from_bytes(json.dumps(config, sort_keys=True).encode())
    document = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": config_blob.descriptor(CONFIG).to_json(),
        "layers": [blob.descriptor(LAYER_TAR).to_json() for blob in blobs],
        **manifest,
    }
    return Content((*blobs, config_blob), (Manifest.from_json(document),))


def index(images: Sequence[tuple[str, Content]]) -> Content:
    """Make an index of images, each with its architecture."""
    entries = [
        content.root.descriptor(platform={"os": "linux", "architecture": architecture}).to_json()
        for architecture, content in images
    ]
    root = Manifest.from_json({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries})
    blobs = {blob.digest: blob for _, content in images for blob in content.blobs}
    children = tuple(manifest for _, content in images for manifest in content.manifests)
    return Content(tuple(blobs.values()), (*children, root))


def patient_clock(waits: list[float] | None = None, now: Callable[[], float] = time.time) -> Clock:
    """Return a clock whose waits take no time; they are noted down in `waits`."""
    noted = [] if waits is None else waits
    return Clock(now=now, sleep=lambda seconds, _stop: noted.append(seconds), random=lambda: 0.5)
