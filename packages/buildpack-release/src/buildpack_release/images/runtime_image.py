"""The layer with Python as an image of its own, in the form that app images have it.

It has the layer, the layer with its bills of materials, and the lifecycle's label: whatever reads an app
image reads this one, and takes the layer from either.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from buildpack_release.images.app_image import LIFECYCLE_LABEL
from buildpack_release.images.bom_layer import BomLayer
from oci_registry.image import Platform, make_image, plain_config
from oci_registry.layer import compress_layer

if TYPE_CHECKING:
    from pathlib import Path

    from buildpack_release.images.runtime_layer import MadeRuntime
    from oci_registry.image import Image

LAYER_FLAGS = {"build": True, "launch": True, "cache": True}


def runtime_image(made: MadeRuntime, scratch: Path) -> Image:
    """Return the image of a layer that was made; its bills of materials are written into `scratch`."""
    layer_name = made.order.place.location.rpartition("/")[2]
    boms = BomLayer.of(made.buildpack, layer_name, made.boms, made.order.place)
    sbom = compress_layer([boms.archive], scratch / "sbom.tar.gz", title="bill of materials")
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
