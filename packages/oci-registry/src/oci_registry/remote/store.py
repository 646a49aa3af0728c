"""Images in a repository of a registry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from oci_registry.remote.download import pieces
from oci_registry.remote.push import put_patiently

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from oci_registry.content import Descriptor, Manifest
    from oci_registry.remote.client import RemoteRepository
    from oci_registry.store import Content, Progress, Pushed


@dataclass(frozen=True)
class RegistryStore:
    """See Store; the errors are RegistryErrors."""

    remote: RemoteRepository

    @property
    def name(self) -> str:
        """`registry/repository`."""
        return f"{self.remote.transport.registry}/{self.remote.name}"

    @property
    def mount_name(self) -> str:
        """The repository."""
        return self.remote.name

    def tags(self) -> tuple[str, ...]:
        """List the tags."""
        return self.remote.manifests.tags()

    def manifest(self, target: str, media_type: str = "") -> Manifest | None:  # noqa: ARG002 (a registry says it)
        """Read a manifest."""
        return self.remote.manifests.find(target)

    def has_manifest(self, digest: str) -> bool:
        """Ask for a manifest."""
        return self.remote.manifests.head(digest) is not None

    def has_blob(self, blob: Descriptor) -> bool:
        """Ask for a blob."""
        return self.remote.blobs.exists(blob.digest, blob.size)

    def pieces(self, blob: Descriptor) -> Iterator[bytes]:
        """Read a blob."""
        return pieces(self.remote.transport, self.remote.name, blob.digest, blob.size)

    def file(self, _blob: Descriptor) -> Path | None:
        """Return nothing: the blobs are far away."""
        return None

    def referrers(self, digest: str) -> tuple[Descriptor, ...]:
        """Ask for referrers, in the way that the registry knows."""
        return self.remote.referrers.list(digest)

    def attach(self, *manifests: Manifest) -> None:
        """Put manifests with a subject; an older registry gets them into the index under the fallback tag."""
        self.remote.referrers.attach(*manifests)

    def push(
        self,
        content: Content,
        *,
        mounts: Mapping[str, str],
        progress: Progress,
        absent: Collection[str] = (),
    ) -> Pushed:
        """Push what is not there."""
        return self.remote.push(content, mount_from=mounts, absent=absent, progress=progress)

    def tag(self, manifest: Manifest, tag: str) -> None:
        """Put a manifest under a tag."""
        put_patiently(self.remote.manifests, manifest, tag)
