"""Where images of one name are: a repository of a registry or an OCI layout, used in the same way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from buildpack_release.errors import CheckFailed
from oci_registry.parallel import in_parallel

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from oci_registry.content import Descriptor, Manifest
    from oci_registry.remote.blobs import Progress
    from oci_registry.remote.push import Content, Pushed

# What a configuration may have, in bytes; layers are never read into memory.
_LIMIT = 8 * 1024 * 1024


class ImageStore(Protocol):
    """Manifests and blobs by digest, and tags. Errors are ReleaseErrors; only what is not there is None."""

    @property
    def name(self) -> str:
        """How people and tools call it; `:TAG` can be appended."""

    @property
    def mount_name(self) -> str:
        """What other stores mount blobs from; "" if that is not possible here."""

    def tags(self) -> tuple[str, ...]:
        """List the tags; none if there is no such store yet."""

    def manifest(self, target: str) -> Manifest | None:
        """Read a manifest by tag or digest, checked; None if it is absent."""

    def has_manifest(self, digest: str) -> bool:
        """Whether a manifest is there."""

    def has_blob(self, blob: Descriptor) -> bool:
        """Whether a blob is there, with its size."""

    def pieces(self, blob: Descriptor) -> Iterator[bytes]:
        """Read a blob; digest and size have been checked when the iterator ends."""

    def referrers(self, digest: str) -> tuple[Descriptor, ...]:
        """List what refers to a manifest, each with its `artifactType` and `annotations`."""

    def attach(self, *manifests: Manifest) -> None:
        """Bring in manifests with one subject, whose blobs are there, so that referrers() lists them."""

    def push(
        self,
        content: Content,
        *,
        mounts: Mapping[str, str],
        progress: Progress,
        absent: Collection[str] = (),
    ) -> Pushed:
        """Bring in blobs and manifests, by digest only.

        `mounts` says by digest where to mount from, `absent` which blobs need not be looked for first.
        """

    def tag(self, manifest: Manifest, tag: str) -> None:
        """Let a tag point to a manifest that is there."""


def present_blobs(store: ImageStore, blobs: Collection[Descriptor]) -> set[str]:
    """Give the digests of those blobs that a store has."""
    there = in_parallel(store.has_blob, blobs)
    return {blob.digest for blob, is_there in zip(blobs, there, strict=True) if is_there}


def read_blob(store: ImageStore, blob: Descriptor) -> bytes:
    """Read a small blob. Raises CheckFailed if it is not small."""
    content = bytearray()
    for piece in store.pieces(blob):
        content += piece
        if len(content) > _LIMIT:
            raise CheckFailed(f"the configuration {blob.digest} in {store.name} has more than {_LIMIT} bytes")
    return bytes(content)
