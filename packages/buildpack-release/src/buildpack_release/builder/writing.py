"""Writing a builder to where it goes: an OCI layout, or a repository of a registry."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from buildpack_release.builder.base import METADATA_LABEL
from buildpack_release.errors import ConflictError, ReleaseError, shown_path
from oci_registry.folders import locked, writing
from oci_registry.layout import ENTRY_POINT, MARKER, REF_NAME, LayoutStore
from oci_registry.reading import read_tree
from oci_registry.store import StoredBlob, TransferOutcome

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from oci_registry.image import Image
    from oci_registry.reference import Reference
    from oci_registry.remote.registries import Registries
    from oci_registry.store import Pushed

# The name of the image in its layout, which tools want to have one.
_REF = "latest"


def write_builder(image: Image, directory: Path, *, report: Callable[[str], None]) -> bool:
    """Write a builder into a directory that is new, empty, or holds a builder; tell whether that was needed.

    Raises:
        ConflictError: the directory holds something else.
        ReleaseError: it cannot be written to, or a blob cannot be read.
    """
    layout, content = LayoutStore(directory), image.content
    with layout.writing(check=lambda names: _check(layout, names), report=report):
        pushed = layout.put(content)
        entry = image.manifest.descriptor(platform=image.platform.as_json(), annotations={REF_NAME: _REF})
        is_new = layout.name_images(entry.to_json())
        layout.prune({blob.digest for blob in content.blobs} | {image.digest})
    return is_new or bool(pushed.new_manifests) or TransferOutcome.UPLOADED in pushed.blobs.values()


def check_directory(directory: Path, *, report: Callable[[str], None]) -> None:
    """Raise ConflictError if a directory holds something that a builder must not replace.

    Another run that is writing there is waited for: what it has half done tells nothing.
    """
    if not directory.exists():
        return
    if not directory.is_dir():
        raise ConflictError("this is not a directory", file=directory)
    layout = LayoutStore(directory)
    with writing(directory), locked(directory, report):
        _check(layout, layout.names())


def push_builder(image: Image, reference: Reference, registries: Registries, scratch: Path) -> Pushed:
    """Push a builder to a reference with a tag, which comes last; what the registry has stays or is mounted.

    `scratch` is an empty folder, for layers that have to be downloaded. Raises RegistryError.
    """
    content = image.content
    blobs = [blob.within(scratch) if isinstance(blob, StoredBlob) else blob for blob in content.blobs]
    mounts = {
        blob.digest: blob.store.mount_name
        for blob in blobs
        if isinstance(blob, StoredBlob)
        if blob.store.name == f"{reference.registry}/{blob.store.mount_name}"
    }
    repository = registries.repository(reference)
    tags = [reference.tag] if reference.tag else []
    return repository.push(replace(content, blobs=tuple(blobs)), tags, mounts=mounts)


def _check(layout: LayoutStore, names: set[str]) -> None:
    """Refuse everything but an empty directory, our own unfinished layout, and one with a builder."""
    if not names or names in ({"blobs"}, {"blobs", MARKER}):
        return
    if not (names <= {"blobs", MARKER, ENTRY_POINT} and _holds_builder(layout)):
        raise ConflictError(
            "this directory holds something other than a builder",
            detail=f"Nothing was written to {shown_path(layout.path)}.",
            advice="Name a new directory, or delete this one if it is not needed.",
            file=layout.path,
        )


def _holds_builder(layout: LayoutStore) -> bool:
    try:
        (image,) = read_tree(layout, layout.index()).images
    except (ReleaseError, OSError, ValueError):
        return False
    return METADATA_LABEL in image.labels
