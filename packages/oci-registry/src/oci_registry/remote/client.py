"""The way in: a registry, and the repositories in it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, final

from oci_registry.parallel import JOBS
from oci_registry.remote.blobs import Blobs
from oci_registry.remote.download import pieces
from oci_registry.remote.manifests import Manifests
from oci_registry.remote.push import push_content, put_patiently
from oci_registry.remote.referrers import Referrers
from oci_registry.remote.transport import Transport
from oci_registry.remote.upload import CHUNK

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from oci_registry.content import Descriptor, Manifest
    from oci_registry.store import Content, Enough, Progress, Pushed


@dataclass(frozen=True)
class RemoteRepository:
    """One repository of a registry; see Store. Its errors are RegistryErrors."""

    transport: Transport
    repository: str
    chunk: int = CHUNK

    @property
    def name(self) -> str:
        """`registry/repository`."""
        return f"{self.transport.registry}/{self.repository}"

    @property
    def mount_name(self) -> str:
        """The repository."""
        return self.repository

    @cached_property
    def blobs(self) -> Blobs:
        """Its blobs."""
        return Blobs(self.transport, self.repository, self.chunk)

    @cached_property
    def manifests(self) -> Manifests:
        """Its manifests and tags."""
        return Manifests(self.transport, self.repository)

    @cached_property
    def _referrers(self) -> Referrers:
        return Referrers(self.transport, self.repository)

    def exists(self) -> bool:
        """Ask for the repository; of one without tags many registries say that there is none."""
        return self.manifests.has_repository()

    def tags(self) -> tuple[str, ...]:
        """List the tags."""
        return self.manifests.tags()

    def manifest(self, target: str, media_type: str = "") -> Manifest | None:  # noqa: ARG002 (registries say it)
        """Read a manifest."""
        return self.manifests.find(target)

    def digest(self, tag: str) -> str:
        """Ask for a tag, without reading what it points to."""
        found = self.manifests.head(tag)
        return found.digest if found is not None else ""

    def has_manifest(self, digest: str) -> bool:
        """Ask for a manifest."""
        return self.manifests.head(digest) is not None

    def has_blob(self, blob: Descriptor) -> bool:
        """Ask for a blob."""
        return self.blobs.exists(blob.digest, blob.size)

    def pieces(self, blob: Descriptor) -> Iterator[bytes]:
        """Read a blob."""
        return pieces(self.transport, self.repository, blob.digest, blob.size)

    def file(self, _blob: Descriptor) -> Path | None:
        """Return nothing: the blobs are far away."""
        return None

    def referrers(
        self, digest: str, artifact_type: str | None = None, *, enough: Enough | None = None
    ) -> tuple[Descriptor, ...]:
        """Ask for referrers, in the way that the registry knows; of one artifact type if one is given."""
        return self._referrers.list(digest, artifact_type, enough=enough)

    def attach(self, *manifests: Manifest, absent: bool = False) -> None:
        """Put manifests with a subject; an older registry gets them into the index under the fallback tag."""
        self._referrers.attach(*manifests, absent=absent)

    def push(
        self,
        content: Content,
        tags: Sequence[str] = (),
        *,
        mounts: Mapping[str, str] | None = None,
        absent: Collection[str] = (),
        jobs: int = JOBS,
        progress: Progress = lambda *_: None,
    ) -> Pushed:
        """Push an image or index with all its parts, the tags last and in their order; see push_content."""
        return push_content(
            self.blobs,
            self.manifests,
            content,
            tags,
            mount_from=mounts,
            absent=absent,
            jobs=jobs,
            progress=progress,
        )

    def tag(self, manifest: Manifest, tag: str) -> None:
        """Put a manifest under a tag."""
        put_patiently(self.manifests, manifest, tag)


@final
class RegistryClient(Transport):
    """A client of one registry (`host[:port]`): the way to it, and what is there. See Transport.

    Close it, or use it in a `with`. `chunk` is the largest body of one upload request, in bytes.
    """

    chunk: int = CHUNK

    def repository(self, name: str) -> RemoteRepository:
        """Return a repository; nothing is asked of the registry yet, and it need not exist."""
        return RemoteRepository(self, name, self.chunk)

    def ping(self) -> None:
        """Raise RegistryError unless this is a registry that lets us in."""
        self.request("GET", "/v2/", expect={200})

    def __enter__(self) -> RegistryClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
