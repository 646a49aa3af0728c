"""The blobs of one repository: present? push, push many, read, download, check."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from buildpack_common.files import beside
from buildpack_common.parsing import parse_count
from oci_registry.errors import NotFoundError, RegistryError
from oci_registry.parallel import JOBS, in_parallel
from oci_registry.remote.download import pieces
from oci_registry.remote.scope import pull, push
from oci_registry.remote.upload import CHUNK, Upload
from oci_registry.remote.upload_session import UploadSession
from oci_registry.store import Progress, TransferOutcome

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

    from oci_registry.blob_source import BlobSource
    from oci_registry.remote.transport import Transport

_READ_LIMIT = 8 * 1024 * 1024
_OK = 200


class _Stopped(Exception):  # noqa: N818 (no fault: another upload failed)
    """Another upload has failed, or the run was interrupted."""


@dataclass(frozen=True)
class Blobs:
    """The blobs of `repository`. `chunk` is the largest body of one upload request, in bytes."""

    transport: Transport
    repository: str
    chunk: int = CHUNK

    def exists(self, digest: str, size: int | None = None, *, writing: bool = False) -> bool:
        """Whether the blob is there, with this size if given. `writing` fetches a token to write with."""
        return self._exists(digest, size, writing=writing, retried=True)

    def _exists(self, digest: str, size: int | None, *, writing: bool, retried: bool) -> bool:
        try:
            reply = self.transport.request(
                "HEAD",
                f"/v2/{self.repository}/blobs/{digest}",
                expect={_OK},
                repository=self.repository,
                scopes=push(self.repository) if writing else pull(self.repository),
                retried=retried,
            )
        except NotFoundError:
            return False
        length = parse_count(reply.headers.get("Content-Length", ""))
        same_size = size is None or length in (None, size)
        return same_size and reply.headers.get("Docker-Content-Digest", digest) == digest

    def push(
        self,
        source: BlobSource,
        *,
        mount_from: str | None = None,
        absent: bool = False,
        progress: Progress = lambda *_: None,
    ) -> TransferOutcome:
        """Bring a blob in: nothing if it is there, else mounted from another repository, else uploaded.

        If it is known to be `absent`, the registry is not asked for it.

        Raises RegistryError, ContentMismatchError if the file changed after its digest was taken.
        """
        if not absent and self.exists(source.digest, source.size, writing=True):
            progress(source.digest, source.size, source.size)
            return TransferOutcome.PRESENT
        session = None
        if mount_from is not None and mount_from != self.repository:
            mounted, session = self._mount(source.digest, mount_from)
            if mounted:
                progress(source.digest, source.size, source.size)
                return TransferOutcome.MOUNTED
            if self.exists(source.digest, source.size, writing=True):  # some have one storage for all
                progress(source.digest, source.size, source.size)
                return TransferOutcome.PRESENT
        upload = Upload(
            self.transport,
            self.repository,
            source,
            is_there=lambda: self._exists(source.digest, source.size, writing=True, retried=False),
            position=lambda position: progress(source.digest, position, source.size),
            chunk=self.chunk,
        )
        upload.run(session)
        return TransferOutcome.UPLOADED

    def _mount(self, digest: str, origin: str) -> tuple[bool, UploadSession | None]:
        """Try to mount. A registry may not know how, or not let us read there: then the blob is uploaded."""
        try:
            session = UploadSession.mount(self.transport, self.repository, digest, origin)
        except RegistryError as error:
            if error.transient:
                raise
            return False, None
        return session is None, session

    def push_all(
        self,
        sources: Iterable[BlobSource],
        *,
        mount_from: Mapping[str, str] | None = None,
        absent: Collection[str] = (),
        jobs: int = JOBS,
        progress: Progress = lambda *_: None,
    ) -> dict[str, TransferOutcome]:
        """Push blobs, at most `jobs` at once, each digest once.

        `mount_from` gives by digest the repository to mount it from, `absent` the digests that are known not
        to be there. At the first failure the uploads under way are broken off and the failure is raised.
        """
        wanted = {source.digest: source for source in sources}
        stop = threading.Event()
        stoppable = replace(self, transport=self.transport.stoppable(stop))
        told = _one_at_a_time(progress, stop)
        origins = mount_from or {}

        def push(source: BlobSource) -> TransferOutcome:
            return stoppable.push(
                source,
                mount_from=origins.get(source.digest),
                absent=source.digest in absent,
                progress=told,
            )

        outcomes = in_parallel(push, wanted.values(), jobs=jobs, stop=stop)
        return dict(zip(wanted, outcomes, strict=True))

    def read(self, digest: str, *, limit: int = _READ_LIMIT) -> bytes:
        """Read a small blob, checked.

        Raises NotFoundError, ContentMismatchError, RegistryError if it has more than `limit` bytes.
        """
        content = bytearray()
        for piece in pieces(self.transport, self.repository, digest):
            content += piece
            if len(content) > limit:
                raise RegistryError(f"the blob {digest} has more than {limit} bytes")
        return bytes(content)

    def check(self, digest: str, size: int | None = None) -> int:
        """Read a blob to its end without keeping it: its size. Raises ContentMismatchError, NotFoundError."""
        return sum(len(piece) for piece in pieces(self.transport, self.repository, digest, size))

    def download(self, digest: str, target: Path, *, size: int | None = None) -> None:
        """Write a blob to a file, which appears only once all its bytes were checked."""
        with beside(target) as unfinished, unfinished.open("xb") as file:
            for piece in pieces(self.transport, self.repository, digest, size):
                file.write(piece)


def _one_at_a_time(progress: Progress, stop: threading.Event) -> Progress:
    """Serialise calls; and break off an upload, which calls this for every piece, once others have failed."""
    lock = threading.Lock()

    def told(digest: str, done: int, total: int) -> None:
        if stop.is_set():
            raise _Stopped
        with lock:
            progress(digest, done, total)

    return told
