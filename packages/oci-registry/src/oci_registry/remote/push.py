"""Pushing images in the one safe order: blobs, manifests by digest, indexes by digest, at last the tags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oci_registry.errors import RegistryError
from oci_registry.parallel import JOBS, in_parallel
from oci_registry.store import Content, Progress, Pushed

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from oci_registry.content import Manifest
    from oci_registry.remote.blobs import Blobs
    from oci_registry.remote.manifests import Manifests
    from oci_registry.remote.response import Reply
    from oci_registry.store import Progress

_UNKNOWN = frozenset({"MANIFEST_BLOB_UNKNOWN", "BLOB_UNKNOWN"})
_MOST_LATE = 2


def push_content(
    blobs: Blobs,
    manifests: Manifests,
    content: Content,
    tags: Sequence[str] = (),
    *,
    mount_from: Mapping[str, str] | None = None,
    absent: Collection[str] = (),
    jobs: int = JOBS,
    progress: Progress = lambda *_: None,
) -> Pushed:
    """Push content, then the tags in their order; only what is not there is written.

    A root that is present under its digest had all its parts when it was accepted; they are looked for all
    the same, since registries collect garbage. `absent` are the blobs and manifests known not to be there; if
    all blobs are, the manifests cannot be there either. Raises RegistryError.
    """
    outcomes = blobs.push_all(
        content.blobs, mount_from=mount_from, absent=absent, jobs=jobs, progress=progress
    )
    is_new = bool(content.blobs) and all(blob.digest in absent for blob in content.blobs)

    def put(manifest: Manifest) -> bool:
        return _put_absent(manifests, manifest, is_new=is_new or manifest.digest in absent)

    written = [*in_parallel(put, content.manifests[:-1], jobs=jobs), *map(put, content.manifests[-1:])]
    new = tuple(one.digest for one, is_put in zip(content.manifests, written, strict=True) if is_put)
    moved = tuple(tag for tag in tags if _move_tag(manifests, content.root, tag))
    return Pushed(outcomes, new, moved)


def _put_absent(manifests: Manifests, manifest: Manifest, *, is_new: bool) -> bool:
    if not is_new and manifests.head(manifest.digest) is not None:
        return False
    put_patiently(manifests, manifest)
    return True


def put_patiently(manifests: Manifests, manifest: Manifest, tag: str | None = None) -> Reply:
    """Put a manifest (`Manifests.put`); again, if its parts are not known there yet. Raises RegistryError."""
    attempts = manifests.transport.attempts()
    while True:
        try:
            return manifests.put(manifest, tag)
        except RegistryError as error:
            error.transient = is_late(error) and attempts.failures < _MOST_LATE
            attempts.failed(error)


def is_late(error: RegistryError) -> bool:
    """Return whether the fault is that a registry does not know yet what it has confirmed to have.

    Distribution 2.8 does so when another publisher writes the same blob, manifest or tag at the same moment.
    """
    return not _UNKNOWN.isdisjoint(error.codes)


def _move_tag(manifests: Manifests, root: Manifest, tag: str) -> bool:
    current = manifests.head(tag)
    if current is not None and current.digest == root.digest:
        return False
    put_patiently(manifests, root, tag)
    return True
