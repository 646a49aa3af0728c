"""The way in: a registry, and the repositories in it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, final

from oci_registry.parallel import JOBS
from oci_registry.remote.blobs import Blobs
from oci_registry.remote.manifests import Manifests
from oci_registry.remote.push import push_content
from oci_registry.remote.referrers import Referrers
from oci_registry.remote.transport import Transport
from oci_registry.remote.upload import CHUNK

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from oci_registry.store import Content, Progress, Pushed


@dataclass(frozen=True)
class RemoteRepository:
    """One repository of a registry."""

    transport: Transport
    name: str
    chunk: int = CHUNK

    @cached_property
    def blobs(self) -> Blobs:
        """Its blobs."""
        return Blobs(self.transport, self.name, self.chunk)

    @cached_property
    def manifests(self) -> Manifests:
        """Its manifests and tags."""
        return Manifests(self.transport, self.name)

    @cached_property
    def referrers(self) -> Referrers:
        """What refers to its manifests."""
        return Referrers(self.transport, self.name)

    def push(
        self,
        content: Content,
        tags: Sequence[str] = (),
        *,
        mount_from: Mapping[str, str] | None = None,
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
            mount_from=mount_from,
            absent=absent,
            jobs=jobs,
            progress=progress,
        )


@final
class RegistryClient(Transport):
    """A client of one registry (`host[:port]`): the way to it, and what is there. See Transport.

    Close it, or use it in a `with`. `chunk` is the largest body of one upload request, in bytes.
    """

    chunk: int = CHUNK

    def repository(self, name: str) -> RemoteRepository:
        """Give a repository; nothing is asked of the registry yet, and it need not exist."""
        return RemoteRepository(self, name, self.chunk)

    def ping(self) -> None:
        """Raise RegistryError unless this is a registry that lets us in."""
        self.request("GET", "/v2/", expect={200})

    def __enter__(self) -> RegistryClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
