"""OCI image layouts with one image: written from root file systems, read back after a build.

They are written with the library; the few lines that read them are the tests' own, which hold it to the
specification (OCI image-spec, "Image Layout").
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oci_registry.content import BLOCK
from oci_registry.image import Platform, make_image
from oci_registry.layer import compress_layer
from oci_registry.layout import LayoutStore

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class LayoutImage:
    """An image: its manifest's digest, its manifest and its config, as in the OCI specification."""

    digest: str
    manifest: Mapping[str, Any]
    config: Mapping[str, Any]


def write(target: Path, layer: Path, config: Mapping[str, Any], *, tag: str) -> LayoutImage:
    """Write the layout target with an image of one layer, an uncompressed tar file. Raises OSError.

    config lacks only `rootfs`; its os and architecture say what the image is for.
    """
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        with layer.open("rb") as archive:
            made = compress_layer(iter(lambda: archive.read(BLOCK), b""), Path(folder, "layer"))
        platform = Platform(config["os"], config["architecture"])
        image = make_image(platform, [made], config=config, annotations={})
        store = LayoutStore(target)
        store.push(image.content, mounts={}, progress=lambda *_: None)
    store.tag(image.manifest, tag)
    return LayoutImage(image.digest, image.manifest.document, image.config.document)


def read(layout: Path) -> LayoutImage:
    """Read the only image of a layout. Raises OSError, ValueError when there is not exactly one."""
    manifests = json.loads((layout / "index.json").read_text(encoding="utf-8"))["manifests"]
    if len(manifests) != 1:
        raise ValueError(f"{layout} holds {len(manifests)} images, not one")
    digest = manifests[0]["digest"]
    manifest = _read_json(layout, digest)
    return LayoutImage(digest, manifest, _read_json(layout, manifest["config"]["digest"]))


def _read_json(layout: Path, digest: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(blob(layout, digest).read_bytes())
    return value


def blob(layout: Path, digest: str) -> Path:
    """Return where the blob with this digest lies in a layout."""
    algorithm, _, value = digest.partition(":")
    return layout / "blobs" / algorithm / value
