"""Images in an OCI layout (image-spec 1.1, "Image Layout"): a directory that tools push from later.

Blobs are written beside their place and renamed; the file that names the images is replaced last. So a run
that is interrupted leaves a layout that is whole, and the next one uses what is there.
"""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from buildpack_common.files import PARTIAL, beside, write_atomically
from buildpack_release.errors import CheckFailed, ConflictError, shown_path
from buildpack_release.files.output_directory import writing
from oci_registry.content import (
    BLOCK,
    INDEX,
    MANIFEST_TYPES,
    Descriptor,
    Manifest,
    canonical_json,
    file_sha256,
    is_digest,
    sha256,
)
from oci_registry.layout import LAYOUT_MARKER, REF_NAME
from oci_registry.remote.blobs import Outcome
from oci_registry.remote.push import Pushed
from oci_registry.remote.referrers import as_referrer, fallback_tag, referrers_index, subject_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from oci_registry.remote.blob_source import BlobSource
    from oci_registry.remote.blobs import Progress
    from oci_registry.remote.push import Content

_MARKER = "oci-layout"
_INDEX = "index.json"
_BLOBS = "blobs/sha256"


@dataclass(frozen=True)
class LayoutStore:
    """See ImageStore. The directory need not exist before something is pushed."""

    directory: Path
    mount_name: str = field(default="", init=False)

    @property
    def name(self) -> str:
        """The directory, as skopeo and others write it."""
        return f"oci:{shown_path(self.directory)}"

    def tags(self) -> tuple[str, ...]:
        """List the names in the layout."""
        return tuple(tag for entry in self._entries() if (tag := _tag_of(entry)))

    def manifest(self, target: str) -> Manifest | None:
        """Read a manifest. Raises CheckFailed if it has other bytes than its digest says."""
        digest = target if is_digest(target) else self._digest(target)
        path = self._blob(digest) if digest else None
        if path is None or not path.is_file():
            return None
        content = path.read_bytes()
        if sha256(content) != digest:
            raise CheckFailed(f"the manifest {digest} has other bytes: {sha256(content)}", file=path)
        kind = Manifest("", content).document.get("mediaType")
        if kind not in MANIFEST_TYPES:
            raise CheckFailed(f"{digest} is not a manifest or index", file=path)
        return Manifest(str(kind), content)

    def has_manifest(self, digest: str) -> bool:
        """Look for a manifest."""
        return self._is_whole(digest)

    def has_blob(self, blob: Descriptor) -> bool:
        """Look for a blob, and read it."""
        return self._is_whole(blob.digest, blob.size)

    def pieces(self, blob: Descriptor) -> Iterator[bytes]:
        """Read a blob. Raises CheckFailed."""
        path = self._blob(blob.digest)
        if not self.has_blob(blob):
            raise CheckFailed(f"the blob {blob.digest} is missing or has other bytes", file=path)
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                yield block

    def referrers(self, digest: str) -> tuple[Descriptor, ...]:
        """List what the index under the fallback tag has: layouts have no other place for it."""
        index = self.manifest(fallback_tag(digest))
        return index.manifests if index is not None and index.is_index else ()

    def attach(self, *manifests: Manifest) -> None:
        """Write manifests with one subject, and add them to that index."""
        subject = subject_of(manifests)
        new = {one.digest: as_referrer(one) for one in manifests}
        with self._open():
            for manifest in manifests:
                self._write_manifest(manifest)
            known = [one for one in self.referrers(subject) if one.digest not in new]
            index = referrers_index((*known, *new.values()))
            self._write_manifest(index)
            self._name(index, fallback_tag(subject))

    def push(
        self,
        content: Content,
        *,
        mounts: Mapping[str, str],  # noqa: ARG002 (nothing to mount from)
        progress: Progress,
        absent: Collection[str] = (),  # noqa: ARG002 (looking costs nothing)
    ) -> Pushed:
        """Write the blobs and manifests that are not there. Raises ConflictError, ReleaseError."""
        with self._open():
            outcomes = {blob.digest: self._write(blob, progress) for blob in content.blobs}
            new = tuple(one.digest for one in content.manifests if self._write_manifest(one))
        return Pushed(outcomes, new)

    def tag(self, manifest: Manifest, tag: str) -> None:
        """Name a manifest in the layout."""
        with self._open():
            self._name(manifest, tag)

    def _name(self, manifest: Manifest, tag: str) -> None:
        entries = [entry for entry in self._entries() if _tag_of(entry) != tag]
        named = manifest.descriptor(annotations={REF_NAME: tag}).to_json()
        entries = sorted([*entries, named], key=_tag_of)
        index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}
        write_atomically(self.directory / _INDEX, canonical_json(index))

    @contextmanager
    def _open(self) -> Iterator[None]:
        """Let one process at a time write; what a killed one left half-written is removed."""
        with writing(self.directory):
            self._check_directory()
            (self.directory / _BLOBS).mkdir(parents=True, exist_ok=True)
            lock = os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX)
                for folder in (self.directory, self.directory / _BLOBS):
                    for left in folder.glob(f".*{PARTIAL}"):
                        left.unlink()
                if not (self.directory / _MARKER).exists():
                    write_atomically(self.directory / _MARKER, LAYOUT_MARKER)
                yield
            finally:
                os.close(lock)

    def _check_directory(self) -> None:
        if not self.directory.exists():
            return
        names = {path.name for path in self.directory.iterdir() if not path.name.endswith(PARTIAL)}
        if names - {"blobs"} and _MARKER not in names:
            raise ConflictError(
                "this directory holds something other than an OCI layout",
                advice="Name a new directory after oci:.",
                file=self.directory,
            )

    def _entries(self) -> list[dict[str, object]]:
        path = self.directory / _INDEX
        try:
            entries = json.loads(path.read_bytes())["manifests"]
        except FileNotFoundError:
            return []
        except (ValueError, KeyError, TypeError):
            entries = None
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise CheckFailed("this is not the index of an OCI layout", file=path)
        return entries

    def _digest(self, tag: str) -> str:
        found = [str(entry.get("digest")) for entry in self._entries() if _tag_of(entry) == tag]
        return found[0] if found and is_digest(found[0]) else ""

    def _blob(self, digest: str) -> Path:
        return self.directory / _BLOBS / digest.removeprefix("sha256:")

    def _is_whole(self, digest: str, size: int | None = None) -> bool:
        path = self._blob(digest)
        return path.is_file() and size in (None, path.stat().st_size) and file_sha256(path) == digest

    def _write(self, blob: BlobSource, progress: Progress) -> Outcome:
        if self._is_whole(blob.digest, blob.size):
            progress(blob.digest, blob.size, blob.size)
            return Outcome.PRESENT
        blob.check()
        with (
            beside(self._blob(blob.digest)) as unfinished,
            blob.open() as source,
            unfinished.open("xb") as sink,
        ):
            while block := source.read(BLOCK):
                sink.write(block)
                progress(blob.digest, sink.tell(), blob.size)
        return Outcome.UPLOADED

    def _write_manifest(self, manifest: Manifest) -> bool:
        if self._is_whole(manifest.digest):
            return False
        write_atomically(self._blob(manifest.digest), manifest.content)
        return True


def _tag_of(entry: Mapping[str, object]) -> str:
    annotations = entry.get("annotations")
    return str(annotations.get(REF_NAME, "")) if isinstance(annotations, dict) else ""
