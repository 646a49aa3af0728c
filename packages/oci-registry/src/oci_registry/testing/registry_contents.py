"""What a registry holds, and the rules for putting it there (OCI Distribution 1.1); no HTTP in here."""

from __future__ import annotations

import threading
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from oci_registry.content import MANIFEST_TYPES, Manifest, sha256
from oci_registry.errors import ContentMismatchError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Refusal(Exception):  # noqa: N818 (an answer of the registry)
    """A request that breaks a rule: HTTP status, the registry's error code, a text."""

    def __init__(
        self, status: int, code: str, message: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(status, code, message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})


@dataclass
class _Repository:
    blobs: set[str] = field(default_factory=set)
    manifests: dict[str, Manifest] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)


class MemoryStore:
    """The content of a registry; `enforce_references` refuses manifests until all their parts are there."""

    def __init__(self, *, enforce_references: bool = True) -> None:
        self._enforce = enforce_references
        self._lock = threading.RLock()
        self._contents: dict[str, bytes] = {}
        self._repositories: dict[str, _Repository] = {}
        self._uploads: dict[str, tuple[str, bytearray]] = {}

    # blobs

    def blob(self, repository: str, digest: str) -> bytes:
        """Return a blob of a repository."""
        with self._lock:
            if digest not in self._repository(repository, code="BLOB_UNKNOWN").blobs:
                raise Refusal(404, "BLOB_UNKNOWN")
            return self._contents[digest]

    def lose_blob(self, repository: str, digest: str) -> None:
        """Forget a blob although manifests refer to it, as after a damaged disk or a wrong clean-up."""
        with self._lock:
            self._repository(repository, code="BLOB_UNKNOWN").blobs.remove(digest)

    def mount(self, repository: str, digest: str, source: str) -> bool:
        """Take over a blob of another repository; whether it was there."""
        with self._lock:
            if source not in self._repositories or digest not in self._repositories[source].blobs:
                return False
            self._repositories.setdefault(repository, _Repository()).blobs.add(digest)
            return True

    def begin(self, repository: str) -> str:
        """Begin an upload: its identifier."""
        with self._lock:
            identifier = str(uuid.uuid4())
            self._uploads[identifier] = (repository, bytearray())
            return identifier

    def received(self, repository: str, identifier: str) -> int:
        """Return how many bytes of an upload have arrived."""
        return len(self._upload(repository, identifier))

    def append(self, repository: str, identifier: str, piece: bytes) -> int:
        """Add bytes to an upload: how many it has now."""
        with self._lock:
            upload = self._upload(repository, identifier)
            upload += piece
            return len(upload)

    def cancel(self, repository: str, identifier: str) -> None:
        """Forget an upload."""
        with self._lock:
            self._upload(repository, identifier)
            del self._uploads[identifier]

    def commit(self, repository: str, identifier: str, digest: str) -> None:
        """Turn an upload into a blob; with a wrong digest it is forgotten."""
        with self._lock:
            content = bytes(self._upload(repository, identifier))
            del self._uploads[identifier]
            if sha256(content) != digest:
                raise Refusal(400, "DIGEST_INVALID", "provided digest did not match uploaded content")
            self._contents[digest] = content
            self._repositories.setdefault(repository, _Repository()).blobs.add(digest)

    def _upload(self, repository: str, identifier: str) -> bytearray:
        owner, content = self._uploads.get(identifier, ("", bytearray()))
        if owner != repository or not owner:
            raise Refusal(404, "BLOB_UPLOAD_UNKNOWN")
        return content

    # manifests

    def manifest(self, repository: str, target: str) -> Manifest:
        """Return a manifest by tag or digest."""
        with self._lock:
            known = self._repository(repository, code="MANIFEST_UNKNOWN")
            manifest = known.manifests.get(known.tags.get(target, target))
            if manifest is None:
                raise Refusal(404, "MANIFEST_UNKNOWN")
            return manifest

    def put_manifest(self, repository: str, target: str, manifest: Manifest) -> str:
        """Store a manifest under a digest or tag: its digest."""
        try:
            kind, _ = manifest.document.get("mediaType", manifest.media_type), manifest.blobs
        except ContentMismatchError as error:
            raise Refusal(400, "MANIFEST_INVALID", error.title) from None
        if manifest.media_type not in MANIFEST_TYPES or not manifest.document:
            raise Refusal(400, "MANIFEST_INVALID")
        if kind != manifest.media_type:
            raise Refusal(400, "MANIFEST_INVALID", "mediaType and Content-Type differ")
        digest = manifest.digest
        if target.startswith("sha256:") and target != digest:
            raise Refusal(400, "DIGEST_INVALID")
        with self._lock:
            known = self._repositories.setdefault(repository, _Repository())
            if self._enforce and (missing := _missing(known, manifest)):
                raise Refusal(400, "MANIFEST_BLOB_UNKNOWN", f"unknown: {', '.join(missing)}")
            known.manifests[digest] = manifest
            if target != digest:
                known.tags[target] = digest
        return digest

    def delete_manifest(self, repository: str, target: str) -> None:
        """Delete a tag, or a manifest with the tags that point to it."""
        with self._lock:
            known = self._repository(repository, code="MANIFEST_UNKNOWN")
            if known.tags.pop(target, None) is None and known.manifests.pop(target, None) is None:
                raise Refusal(404, "MANIFEST_UNKNOWN")
            known.tags = {tag: digest for tag, digest in known.tags.items() if digest != target}

    def repositories(self) -> list[str]:
        """List the repositories in their order."""
        with self._lock:
            return sorted(self._repositories)

    def tags(self, repository: str) -> list[str]:
        """List the tags in their order."""
        with self._lock:
            return sorted(self._repository(repository).tags)

    def referrers(self, repository: str, digest: str) -> list[Manifest]:
        """List the manifests whose subject is this digest."""
        with self._lock:
            known = self._repositories.get(repository, _Repository())
            return [
                manifest
                for manifest in known.manifests.values()
                if manifest.subject is not None and manifest.subject.digest == digest
            ]

    # for tests

    def state(self) -> dict[str, tuple[frozenset[str], frozenset[str], tuple[tuple[str, str], ...]]]:
        """Give per repository blobs, manifests and tags: equal states hold the same."""
        with self._lock:
            return {
                name: (frozenset(known.blobs), frozenset(known.manifests), tuple(sorted(known.tags.items())))
                for name, known in self._repositories.items()
            }

    def incomplete_tags(self) -> list[str]:
        """List what is missing below any tag, as `repository:tag digest`."""
        with self._lock:
            return [
                f"{name}:{tag} {digest}"
                for name, known in self._repositories.items()
                for tag, root in known.tags.items()
                for digest in _missing_below(known, root)
            ]

    def _repository(self, name: str, code: str = "NAME_UNKNOWN") -> _Repository:
        if name not in self._repositories:
            raise Refusal(404, code)
        return self._repositories[name]


def _missing(known: _Repository, manifest: Manifest) -> list[str]:
    blobs = [blob.digest for blob in manifest.blobs if blob.digest not in known.blobs]
    return blobs + [one.digest for one in manifest.manifests if one.digest not in known.manifests]


def _missing_below(known: _Repository, digest: str) -> Iterator[str]:
    manifest = known.manifests.get(digest)
    if manifest is None:
        yield digest
        return
    yield from (blob.digest for blob in manifest.blobs if blob.digest not in known.blobs)
    for child in manifest.manifests:
        yield from _missing_below(known, child.digest)
