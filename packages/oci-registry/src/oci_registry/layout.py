"""OCI image layouts (image-spec 1.1, "Image Layout"): a directory, or a `.cnb` file for one platform."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

from oci_registry.content import INDEX, LAYOUT_MARKER, REF_NAME, ContentDescriptor, Document, canonical_json
from oci_registry.tar import TarEntry, write_tar

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
        (directory / document.descriptor.blob_name).write_bytes(document.data)
    for descriptor in _layers(index.images):
        shutil.copyfile(blobs[descriptor.digest], directory / descriptor.blob_name)
    (directory / "oci-layout").write_bytes(LAYOUT_MARKER)
    (directory / "index.json").write_bytes(_entry_point(index.document.descriptor, ref))


def write_archive(file: Path, image: Image, *, ref: str, blobs: Mapping[str, Path]) -> str:
    """Write the layout of one image as an uncompressed tar file, and return the file's digest.

    This is pack's `.cnb` format: the entry point has exactly one manifest, since pack takes the first one
    and never looks into an index.
    """
    manifest = replace(image.manifest.descriptor, platform={})
    members = {
        document.descriptor.blob_name: TarEntry.content(document.descriptor.blob_name, document.data)
        for document in (image.config, image.manifest)
    } | {
        descriptor.blob_name: TarEntry.file(descriptor.blob_name, blobs[descriptor.digest])
        for descriptor in _layers([image])
    }
    entries = [
        TarEntry("blobs"),
        TarEntry("blobs/sha256"),
        *(members[name] for name in sorted(members)),
        TarEntry.content("index.json", _entry_point(manifest, ref)),
        TarEntry.content("oci-layout", LAYOUT_MARKER),
    ]
    digest = hashlib.sha256()
    with file.open("xb") as sink:

        def write(data: bytes) -> None:
            digest.update(data)
            sink.write(data)

        write_tar(entries, write)
    return f"sha256:{digest.hexdigest()}"


def _entry_point(descriptor: ContentDescriptor, ref: str) -> bytes:
    named = replace(descriptor, annotations={REF_NAME: ref})
    return canonical_json({"schemaVersion": 2, "mediaType": INDEX, "manifests": [named.as_json()]})


def _documents(index: ImageIndex) -> list[Document]:
    return [
        index.document,
        *(document for image in index.images for document in (image.config, image.manifest)),
    ]


def _layers(images: Iterable[Image]) -> list[ContentDescriptor]:
    """Return the layers of images, each once: images for several platforms may share all of them."""
    return list(dict.fromkeys(item.layer.descriptor for image in images for item in image.layers))
