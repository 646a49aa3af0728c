"""Where images of one name are: a repository of a registry, an image layout, used in the same way.

What is only read is a Source (an archive is one); what images are brought into is a Store as well.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import IO, TYPE_CHECKING, Protocol, TypeAlias

from buildpack_common.files import beside
from oci_registry.blob_source import BlobSource
from oci_registry.errors import CheckFailed
from oci_registry.parallel import in_parallel
from oci_registry.shared_calls import SharedCalls

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from oci_registry.content import Descriptor, Manifest

# Called with digest, bytes sent, size; from several threads, but never from two at once.
Progress: TypeAlias = "Callable[[str, int, int], None]"
Enough: TypeAlias = "Callable[[Sequence[Descriptor]], bool]"
LIMIT = 8 * 1024 * 1024
"""What a manifest or a configuration may have, in bytes; layers are never read into memory."""


class TransferOutcome(Enum):
    """How a blob came to be in the repository."""

    PRESENT = "present"
    MOUNTED = "mounted"
    UPLOADED = "uploaded"


@dataclass(frozen=True)
class Content:
    """All that belongs to one image or index: its blobs, and its manifests, children before parents."""

    blobs: tuple[BlobSource, ...]
    manifests: tuple[Manifest, ...]

    @property
    def root(self) -> Manifest:
        """What the tags will point to: the last manifest."""
        return self.manifests[-1]


@dataclass(frozen=True)
class Pushed:
    """What a push did. The second push of the same finds every blob PRESENT and writes nothing."""

    blobs: Mapping[str, TransferOutcome] = field(default_factory=dict)
    new_manifests: tuple[str, ...] = ()
    moved_tags: tuple[str, ...] = ()


class Source(Protocol):
    """Where images of one name are read from. Errors are ExpectedErrors; only what is not there is None."""

    @property
    def name(self) -> str:
        """How people and tools call it; `:TAG` can be appended."""

    @property
    def mount_name(self) -> str:
        """What other stores mount blobs from; "" if that is not possible here."""

    def manifest(self, target: str, media_type: str = "") -> Manifest | None:
        """Read a manifest by tag or digest, checked; None if it is absent.

        `media_type` is what an index says that it is: some do not say it themselves.
        """

    def pieces(self, blob: Descriptor) -> Iterator[bytes]:
        """Read a blob; digest and size have been checked when the iterator ends."""

    def file(self, blob: Descriptor) -> Path | None:
        """Return the file that holds a blob, not checked; None if blobs have none on this machine.

        Raises CheckFailed if it is missing.
        """


class Store(Source, Protocol):
    """Where images are brought as well: manifests and blobs by digest, and tags."""

    def tags(self) -> tuple[str, ...]:
        """List the tags; none if there is no such store yet."""

    def digest(self, tag: str) -> str:
        """Return the digest of what a tag points to; "" if there is no such tag."""

    def has_manifest(self, digest: str) -> bool:
        """Whether a manifest is there."""

    def has_blob(self, blob: Descriptor) -> bool:
        """Whether a blob is there, with its size."""

    def referrers(self, digest: str, *, enough: Enough | None = None) -> tuple[Descriptor, ...]:
        """List what refers to a manifest, each with its `artifactType` and `annotations`.

        It need not be looked for everywhere once there is `enough`, if somebody says what that is.
        """

    def attach(self, *manifests: Manifest, absent: bool = False) -> None:
        """Bring in manifests with one subject, whose blobs are there, so that referrers() lists them.

        If they are known to be `absent`, they are not looked for first.
        """

    def push(
        self,
        content: Content,
        *,
        mounts: Mapping[str, str],
        progress: Progress,
        absent: Collection[str] = (),
    ) -> Pushed:
        """Bring in blobs and manifests, by digest only.

        `mounts` says by digest where to mount from, `absent` what need not be looked for first.
        """

    def tag(self, manifest: Manifest, tag: str) -> None:
        """Let a tag point to a manifest that is there."""


@dataclass(frozen=True, kw_only=True)
class StoredBlob(BlobSource):
    """A blob in a store, read when it is needed. `scratch` takes its file if the store has none here."""

    store: Source = field(compare=False, repr=False)
    scratch: Path | None = field(default=None, compare=False)
    fetching: SharedCalls[None] = field(default_factory=SharedCalls, compare=False, repr=False)

    @classmethod
    def of(cls, blob: Descriptor, store: Source) -> StoredBlob:
        """Take a blob of a store; nothing is read yet."""
        return cls(blob.digest, blob.size, store=store)

    def within(self, scratch: Path) -> StoredBlob:
        """Return the blob with a folder for its file."""
        return replace(self, scratch=scratch, fetching=SharedCalls())

    def pieces(self) -> Iterator[bytes]:
        """Read the blob from the store, checked at the end. Raises ExpectedError."""
        return self.store.pieces(self.descriptor(""))

    def file(self) -> Path:
        """Return a file with the blob, which is fetched the first time. Raises ExpectedError."""
        local = self.store.file(self.descriptor(""))
        if local is not None:
            return local
        if self.scratch is None:
            msg = f"there is no folder for the file of {self.digest}"
            raise ValueError(msg)
        path = self.scratch / self.digest.removeprefix("sha256:")

        def fetch() -> None:
            if not path.exists():
                with beside(path) as unfinished, unfinished.open("xb") as sink:
                    sink.writelines(self.pieces())

        self.fetching.run(path, fetch)
        return path

    def open(self) -> IO[bytes]:
        """Open the file for reading."""
        return self.file().open("rb")

    def check(self) -> None:
        """Raise ContentMismatchError if the file is not what its digest says."""
        BlobSource.from_file(self.file(), self.digest)


def present_blobs(store: Store, blobs: Collection[Descriptor]) -> set[str]:
    """Return the digests of those blobs that a store has."""
    there = in_parallel(store.has_blob, blobs)
    return {blob.digest for blob, is_there in zip(blobs, there, strict=True) if is_there}


def read_blob(store: Source, blob: Descriptor) -> bytes:
    """Read a small blob. Raises CheckFailed if it is not small."""
    content = bytearray()
    for piece in store.pieces(blob):
        content += piece
        if len(content) > LIMIT:
            raise CheckFailed(f"the configuration {blob.digest} in {store.name} has more than {LIMIT} bytes")
    return bytes(content)
