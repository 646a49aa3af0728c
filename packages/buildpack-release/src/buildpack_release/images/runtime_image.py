"""The layer with Python as an image of its own, in the form that app images have it.

It has the layer, the layer with its bills of materials, and the lifecycle's label: whatever reads an app
image reads this one, and takes the layer from either.
"""

from __future__ import annotations

import json
import tarfile
from typing import TYPE_CHECKING, Any

from buildpack_release.images.app_image import LIFECYCLE_LABEL
from buildpack_release.images.exported_layer import LayerPlace, header, padding
from oci_registry.image import Platform, make_image, plain_config
from oci_registry.layer import compress_layer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from buildpack_release.images.runtime_layer import MadeRuntime
    from oci_registry.image import Image

LAYER_FLAGS = {"build": True, "launch": True, "cache": True}


def runtime_image(made: MadeRuntime, scratch: Path) -> Image:
    """Return the image of a layer that was made; its bills of materials are written into `scratch`."""
    place = made.order.place
    root = place.parents[0]
    boms = LayerPlace(f"{root.name}/sbom", place.uid, place.gid, (root,))
    layer_name = place.location.rpartition("/")[2]
    folder = f"{boms.location}/launch/{made.buildpack.replace('/', '_')}/{layer_name}"
    documents = {f"{folder}/{name}": content for name, content in made.boms.items()}
    sbom = compress_layer(_archive(documents, boms), scratch / "sbom.tar.gz", title="bill of materials")
    metadata: dict[str, Any] = {
        "buildpacks": [
            {
                "key": made.buildpack,
                "version": made.buildpack_version,
                "layers": {layer_name: {"sha": made.layer.diff_id, "data": dict(made.data), **LAYER_FLAGS}},
            }
        ],
        "sbom": {"sha": sbom.diff_id},
    }
    target = made.order.target
    platform, layers = Platform(target.os, target.arch), (made.layer, sbom)
    labels = {LIFECYCLE_LABEL: json.dumps(metadata, sort_keys=True, separators=(",", ":"))}
    return make_image(platform, layers, config=plain_config(platform, layers, labels), annotations={})


def _archive(files: Mapping[str, bytes], place: LayerPlace) -> Iterator[bytes]:
    """Return the archive of files below a place, in the lifecycle's form."""
    owner = (place.uid, place.gid)
    for parent in place.parents:
        yield header(parent.name, mode=parent.mode, owner=(parent.uid, parent.gid), kind=tarfile.DIRTYPE)
    inner = {
        name[:at]
        for name in files
        for at, char in enumerate(name)
        if char == "/" and at >= len(place.location)
    }
    for name in sorted({place.location, *inner, *files}, key=lambda one: one.split("/")):
        if (content := files.get(name)) is None:
            yield header(name, mode=0o755, owner=owner, kind=tarfile.DIRTYPE)
        else:
            yield header(name, mode=0o644, owner=owner, kind=tarfile.REGTYPE, size=len(content))
            yield content + padding(len(content))
    yield bytes(1024)
