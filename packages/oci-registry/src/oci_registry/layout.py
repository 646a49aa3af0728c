"""OCI image layouts (image-spec 1.1, "Image Layout"): a directory, or a `.cnb` file for one platform."""

from __future__ import annotations

import hashlib
import shutil
from typing import TYPE_CHECKING

from oci_registry.content import INDEX, Descriptor, Document, Manifest, canonical_json
from oci_registry.tar import TarEntry, write_tar

REF_NAME = "org.opencontainers.image.ref.name"
"""The annotation that names an entry of a layout."""
LAYOUT_MARKER = b'{"imageLayoutVersion":"1.0.0"}'
"""The content of the file `oci-layout`."""

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from oci_registry.image import Image, ImageIndex


def write_layout(directory: Path, index: ImageIndex, *, ref: str, blobs: Mapping[str, Path]) -> None:
    """Write a layout with an index of images into a new directory.

    Args:
        directory: where; must not exist.
        index: the index of images.
        ref: the name of the index in the layout, for example the version.
        blobs: the files of the layers by digest; they are copied.
    """
    (directory / "blobs/sha256").mkdir(parents=True)
    for document in _documents(index):
        (directory / blob_name(document.digest)).write_bytes(document.content)
    for descriptor in _layers(index.images):
        shutil.copyfile(blobs[descriptor.digest], directory / blob_name(descriptor.digest))
    (directory / "oci-layout").write_bytes(LAYOUT_MARKER)
    (directory / "index.json").write_bytes(_entry_point(index.manifest, ref))


def write_archive(file: Path, image: Image, *, ref: str, blobs: Mapping[str, Path]) -> str:
    """Write the layout of one image as an uncompressed tar file, and return the file's digest.

    This is pack's `.cnb` format: the entry point has exactly one manifest, since pack takes the first one
    and never looks into an index.
    """
    members = {
        blob_name(document.digest): TarEntry.content(blob_name(document.digest), document.content)
        for document in (image.config, image.manifest)
    } | {
        blob_name(descriptor.digest): TarEntry.file(blob_name(descriptor.digest), blobs[descriptor.digest])
        for descriptor in _layers([image])
    }
    entries = [
        TarEntry("blobs"),
        TarEntry("blobs/sha256"),
        *(members[name] for name in sorted(members)),
        TarEntry.content("index.json", _entry_point(image.manifest, ref)),
        TarEntry.content("oci-layout", LAYOUT_MARKER),
    ]
    digest = hashlib.sha256()
    with file.open("xb") as sink:

        def write(data: bytes) -> None:
            digest.update(data)
            sink.write(data)

        write_tar(entries, write)
    return f"sha256:{digest.hexdigest()}"


def blob_name(digest: str) -> str:
    """Return the path of content in a layout."""
    return f"blobs/{digest.replace(':', '/')}"


def _entry_point(manifest: Manifest, ref: str) -> bytes:
    named = manifest.descriptor(annotations={REF_NAME: ref}).to_json()
    return canonical_json({"schemaVersion": 2, "mediaType": INDEX, "manifests": [named]})


def _documents(index: ImageIndex) -> list[Document]:
    return [
        index.manifest,
        *(document for image in index.images for document in (image.config, image.manifest)),
    ]


def _layers(images: Iterable[Image]) -> list[Descriptor]:
    """Return the layers of images, each once: images for several platforms may share all of them."""
    return list(dict.fromkeys(item.layer.descriptor for image in images for item in image.layers))
