"""OCI image layouts (image-spec 1.1, "Image Layout"): a directory, or an uncompressed tar archive of one.

Blobs are written beside their place and renamed; the file that names the images is replaced last. So a run
that is interrupted leaves a layout that is whole, and the next one uses what is there.
"""

from __future__ import annotations

import hashlib
import tarfile
from abc import ABC, abstractmethod
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

from buildpack_common.archives import ArchiveLimits, members, opened_tar
from buildpack_common.files import PARTIAL, beside, write_atomically
from buildpack_common.parsing import DEEPEST
from oci_registry.content import (
    BLOCK,
    INDEX,
    MANIFEST_TYPES,
    Descriptor,
    Document,
    Manifest,
    canonical_json,
    file_sha256,
    is_digest,
    json_object,
    sha256,
)
from oci_registry.errors import CheckFailed, ConflictError, ExpectedError, shown_path
from oci_registry.folders import locked, writing
from oci_registry.referrers_tag import as_referrer, fallback_tag, referrers_index, subject_of
from oci_registry.store import LIMIT, Pushed, TransferOutcome
from oci_registry.tar import TarEntry, write_tar

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from oci_registry.blob_source import BlobSource
    from oci_registry.image import Image, ImageIndex
    from oci_registry.store import Content, Enough, Progress

MARKER = "oci-layout"
"""The file by which a layout is known."""
ENTRY_POINT = "index.json"
"""The file that names the images of a layout."""
REF_NAME = "org.opencontainers.image.ref.name"
"""The annotation that names an entry of it."""
BLOBS = "blobs/sha256"
"""The folder with all content, by digest."""
_LIMITS = ArchiveLimits(size=1 << 40)  # of what lies unpacked on a disk; only headers cost memory
_MARKER_CONTENT = b'{"imageLayoutVersion":"1.0.0"}'


@dataclass(frozen=True)
class Layout(ABC):
    """A layout that is read; see Source. `path` is the directory or the archive."""

    path: Path
    mount_name: str = field(default="", init=False)

    @property
    def name(self) -> str:
        """The path, as skopeo and others write it."""
        return f"oci:{shown_path(self.path)}"

    @abstractmethod
    def opened(self, name: str) -> AbstractContextManager[IO[bytes]]:
        """Open a file of the layout. Raises FileNotFoundError if there is none of that name."""

    @abstractmethod
    def file(self, blob: Descriptor) -> Path | None:
        """Return the file that holds a blob, not checked; None if blobs have none on this machine."""

    @abstractmethod
    def _place(self, name: str) -> Path:
        """Return what a fault in a file of the layout is about."""

    def index(self) -> Manifest:
        """Read the file that names the images. Raises CheckFailed if it is missing or none."""
        try:
            with self.opened(ENTRY_POINT) as file:
                index = Manifest(INDEX, file.read(LIMIT))
        except FileNotFoundError:
            raise CheckFailed(f"this layout has no {ENTRY_POINT}", file=self.path) from None
        try:
            entries = index.document.get("manifests")
        except CheckFailed:
            entries = None
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise CheckFailed("this is not the index of an OCI layout", file=self._place(ENTRY_POINT))
        return index

    def manifest(self, target: str, media_type: str = "") -> Manifest | None:
        """Read a manifest. Raises CheckFailed if it has other content than its digest says."""
        digest = target if is_digest(target) else self._digest(target)
        try:
            with self.opened(blob_name(digest)) as file:
                content = file.read(LIMIT)
        except (FileNotFoundError, IsADirectoryError):
            return None
        if sha256(content) != digest:
            raise self._other_content(digest)
        kind = Document("", content).document.get("mediaType") or media_type
        if kind not in MANIFEST_TYPES:
            raise CheckFailed(f"{digest} is not a manifest or index", file=self._place(blob_name(digest)))
        return Manifest(str(kind), content)

    def pieces(self, blob: Descriptor) -> Iterator[bytes]:
        """Read a blob. Raises CheckFailed if it is missing or has other content."""
        found = hashlib.sha256()
        try:
            with self.opened(blob_name(blob.digest)) as file:
                while block := file.read(BLOCK):
                    found.update(block)
                    yield block
        except (FileNotFoundError, IsADirectoryError):
            place = self._place(blob_name(blob.digest))
            raise CheckFailed(f"the blob {blob.digest} is missing", file=place) from None
        if f"sha256:{found.hexdigest()}" != blob.digest:
            raise self._other_content(blob.digest)

    def _digest(self, tag: str) -> str:
        found = [str(entry.get("digest")) for entry in self._entries() if _tag_of(entry) == tag]
        return found[0] if found and is_digest(found[0]) else ""

    def _entries(self) -> list[dict[str, Any]]:
        return list(self.index().document["manifests"])

    def _other_content(self, digest: str) -> CheckFailed:
        place = self._place(blob_name(digest))
        return CheckFailed(f"the blob {digest} has other content than its name says", file=place)


@dataclass(frozen=True)
class LayoutArchive(Layout):
    """A layout as an uncompressed tar archive: pack's `.cnb` format."""

    members: Mapping[str, tarfile.TarInfo] = field(repr=False)

    @classmethod
    def read(cls, path: Path) -> LayoutArchive:
        """Read the table of contents. Raises ExpectedError for what is no such archive."""
        try:
            with path.open("rb") as file, opened_tar(file, _LIMITS, compressed=False) as archive:
                found = {one.name.lstrip("./"): one for one in members(archive, _LIMITS) if one.isreg()}
        except (tarfile.TarError, EOFError) as error:
            raise ExpectedError(
                "this is not a .cnb file",
                detail=f"It should be an uncompressed tar archive of an OCI layout: {error}.",
                file=path,
            ) from None
        if MARKER not in found:
            raise ExpectedError(
                "this archive is not a .cnb file", detail=f"It has no member {MARKER}.", file=path
            )
        return cls(path, found)

    @contextmanager
    def opened(self, name: str) -> Iterator[IO[bytes]]:
        """Open a member."""
        if name not in self.members:
            raise FileNotFoundError(name)
        with tarfile.open(self.path, "r:") as archive, ExitStack() as stack:
            if (file := archive.extractfile(self.members[name])) is None:  # not so for a regular file
                raise FileNotFoundError(name)
            yield stack.enter_context(file)

    def file(self, _blob: Descriptor) -> Path | None:
        """Return nothing: the blobs are in the archive."""
        return None

    def _place(self, _name: str) -> Path:
        return self.path


@dataclass(frozen=True)
class LayoutStore(Layout):
    """A layout in a directory; see Store. It need not exist before something is pushed."""

    def exists(self) -> bool:
        """Whether the directory holds a layout."""
        return (self.path / MARKER).is_file()

    def opened(self, name: str) -> IO[bytes]:
        """Open a file."""
        return (self.path / name).open("rb")

    def file(self, blob: Descriptor) -> Path:
        """Return the file of a blob. Raises CheckFailed if it is missing."""
        path = self._place(blob_name(blob.digest))
        if not path.is_file():
            raise CheckFailed(f"the blob {blob.digest} is missing", file=path)
        return path

    def _place(self, name: str) -> Path:
        return self.path / name

    def _entries(self) -> list[dict[str, Any]]:
        return super()._entries() if (self.path / ENTRY_POINT).exists() else []

    def tags(self) -> tuple[str, ...]:
        """List the names in the layout."""
        return tuple(tag for entry in self._entries() if (tag := _tag_of(entry)))

    def digest(self, tag: str) -> str:
        """Look up a tag; what it points to has to be there."""
        found = self.manifest(tag)
        return found.digest if found is not None else ""

    def has_manifest(self, digest: str) -> bool:
        """Look for a manifest."""
        return self._is_whole(digest)

    def has_blob(self, blob: Descriptor) -> bool:
        """Look for a blob, and read it."""
        return self._is_whole(blob.digest, blob.size)

    def is_intact(self, root: Descriptor, depth: int = 0) -> bool:
        """Whether a manifest or blob and all it refers to is there, unchanged, by reading all of it."""
        if depth > DEEPEST or not self.has_blob(root):
            return False
        if root.media_type not in MANIFEST_TYPES:
            return True
        manifest = Manifest(root.media_type, self.file(root).read_bytes())
        return all(self.is_intact(child, depth + 1) for child in (*manifest.manifests, *manifest.blobs))

    def holds(self, digest: str, ref: str) -> bool:
        """Whether the layout is the one that write_layout() has written for an index, unchanged."""
        try:
            (entry,) = self.index().manifests
            marked = (self.path / MARKER).read_bytes() == _MARKER_CONTENT
            named = entry.digest == digest and entry.annotations.get(REF_NAME) == ref
            return marked and named and self.is_intact(entry)
        except (OSError, ValueError, ExpectedError):
            return False

    def referrers(self, digest: str, *, enough: Enough | None = None) -> tuple[Descriptor, ...]:  # noqa: ARG002
        """List what the index under the fallback tag has: layouts have no other place for it."""
        index = self.manifest(fallback_tag(digest))
        return index.manifests if index is not None and index.is_index else ()

    def attach(self, *manifests: Manifest, absent: bool = False) -> None:  # noqa: ARG002 (looking costs nothing)
        """Write manifests with one subject, and add them to that index."""
        subject = subject_of(manifests)
        new = {one.digest: as_referrer(one) for one in manifests}
        with self.writing():
            for manifest in manifests:
                self.put_document(manifest)
            known = [one for one in self.referrers(subject) if one.digest not in new]
            index = referrers_index((*known, *new.values()))
            self.put_document(index)
            self._name(index, fallback_tag(subject))

    def push(
        self,
        content: Content,
        *,
        mounts: Mapping[str, str],  # noqa: ARG002 (nothing to mount from)
        progress: Progress,
        absent: Collection[str] = (),  # noqa: ARG002 (looking costs nothing)
    ) -> Pushed:
        """Write the blobs and manifests that are not there. Raises ConflictError, ExpectedError."""
        with self.writing():
            return self.put(content, progress)

    def tag(self, manifest: Manifest, tag: str) -> None:
        """Name a manifest in the layout."""
        with self.writing():
            self._name(manifest, tag)

    @contextmanager
    def writing(
        self,
        *,
        check: Callable[[set[str]], None] | None = None,
        report: Callable[[str], None] = lambda _: None,
    ) -> Iterator[None]:
        """Let one process at a time write; what a killed one left half-written is removed.

        Args:
            check: is given the names in the directory, and raises if they are not to be written over; by
                default everything but a layout is refused.
            report: takes a line if another process has to end first.
        """
        with writing(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
            with locked(self.path, report):
                (check or self._check_names)(self.names())
                (self.path / BLOBS).mkdir(parents=True, exist_ok=True)
                for folder in (self.path, self.path / BLOBS):
                    for left in folder.glob(f".*{PARTIAL}"):
                        left.unlink()
                if not self.exists():
                    write_atomically(self.path / MARKER, _MARKER_CONTENT)
                yield

    def names(self) -> set[str]:
        """Return the names in the directory, but for unfinished files."""
        return {path.name for path in self.path.iterdir() if not path.name.endswith(PARTIAL)}

    def _check_names(self, names: set[str]) -> None:
        if names - {"blobs"} and MARKER not in names:
            raise ConflictError(
                "this directory holds something other than an OCI layout",
                advice="Name a new directory after oci:.",
                file=self.path,
            )

    # what follows is for who holds the lock: in a block of `writing`

    def put(self, content: Content, progress: Progress = lambda *_: None) -> Pushed:
        """Write the blobs and manifests that are not there."""
        outcomes = {blob.digest: self._write(blob, progress) for blob in content.blobs}
        new = tuple(one.digest for one in content.manifests if self.put_document(one))
        return Pushed(outcomes, new)

    def put_document(self, document: Document) -> bool:
        """Write a document that is not there; tell whether that was so."""
        if self._is_whole(document.digest):
            return False
        write_atomically(self.path / blob_name(document.digest), document.content)
        return True

    def name_images(self, *entries: Mapping[str, object]) -> bool:
        """Let the layout hold these entries alone; tell whether that was needed."""
        path, content = self.path / ENTRY_POINT, _entry_point(*entries)
        if path.is_file() and path.read_bytes() == content:
            return False
        write_atomically(path, content)
        return True

    def prune(self, digests: Collection[str]) -> None:
        """Delete all blobs but these."""
        for path in (self.path / BLOBS).iterdir():
            if f"sha256:{path.name}" not in digests:
                path.unlink()

    def _name(self, manifest: Manifest, tag: str) -> None:
        others = [entry for entry in self._entries() if _tag_of(entry) != tag]
        self.name_images(*sorted([*others, _named(manifest, tag)], key=_tag_of))

    def _is_whole(self, digest: str, size: int | None = None) -> bool:
        path = self.path / blob_name(digest)
        return path.is_file() and size in (None, path.stat().st_size) and file_sha256(path) == digest

    def _write(self, blob: BlobSource, progress: Progress) -> TransferOutcome:
        if self._is_whole(blob.digest, blob.size):
            progress(blob.digest, blob.size, blob.size)
            return TransferOutcome.PRESENT
        with beside(self.path / blob_name(blob.digest)) as unfinished, unfinished.open("xb") as sink:
            for piece in blob.pieces():
                sink.write(piece)
                progress(blob.digest, sink.tell(), blob.size)
        return TransferOutcome.UPLOADED


def write_layout(directory: Path, index: ImageIndex, *, ref: str) -> None:
    """Write a layout with an index of images, named by `ref`, into a directory that does not exist yet."""
    (directory / BLOBS).mkdir(parents=True)
    layout = LayoutStore(directory)
    layout.put(index.content)
    write_atomically(directory / MARKER, _MARKER_CONTENT)
    layout.name_images(_named(index.manifest, ref))


def write_archive(file: Path, image: Image, *, ref: str) -> str:
    """Write the layout of one image as an uncompressed tar file, and return the file's digest.

    This is pack's `.cnb` format: the entry point has exactly one manifest, since pack takes the first one
    and never looks into an index.
    """
    members = {
        blob_name(one.digest): TarEntry.content(blob_name(one.digest), one.content)
        for one in (image.config, image.manifest)
    } | {blob_name(one.digest): _member(one) for one in (layer.source for layer in image.layers)}
    entries = [
        TarEntry("blobs"),
        TarEntry(BLOBS),
        *(members[name] for name in sorted(members)),
        TarEntry.content(ENTRY_POINT, _entry_point(_named(image.manifest, ref))),
        TarEntry.content(MARKER, _MARKER_CONTENT),
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


def _member(blob: BlobSource) -> TarEntry:
    name = blob_name(blob.digest)
    if blob.path is not None:
        return TarEntry.file(name, blob.path)
    return TarEntry.content(name, b"".join(blob.pieces()))


def _named(manifest: Manifest, ref: str) -> dict[str, object]:
    return manifest.descriptor(annotations={REF_NAME: ref}).to_json()


def _entry_point(*entries: Mapping[str, object]) -> bytes:
    return canonical_json({"schemaVersion": 2, "mediaType": INDEX, "manifests": list(entries)})


def _tag_of(entry: Mapping[str, object]) -> str:
    return str(json_object(entry.get("annotations")).get(REF_NAME, ""))
