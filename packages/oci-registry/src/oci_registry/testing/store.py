"""What a registry holds, and the rules for putting it there (OCI Distribution 1.1); no HTTP in here."""

from __future__ import annotations

import json
import threading
import uuid
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from oci_registry.content import MANIFEST_TYPES, sha256

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


@dataclass(frozen=True)
class StoredManifest:
    """A manifest or index as it was put."""

    media_type: str
    content: bytes

    @cached_property
    def document(self) -> dict[str, Any]:
        """The parsed content, not to be changed; empty if it is not a JSON object."""
        try:
            document = json.loads(self.content)
        except ValueError:
            return {}
        return document if isinstance(document, dict) else {}

    def blob_digests(self) -> Iterator[str]:
        """Give the digests of the configuration and the layers."""
        if "config" in self.document:
            yield self.document["config"]["digest"]
        yield from (layer["digest"] for layer in self.document.get("layers", ()))

    def manifest_digests(self) -> Iterator[str]:
        """Give the digests of an index's manifests."""
        yield from (entry["digest"] for entry in self.document.get("manifests", ()))


@dataclass
class _Repository:
    blobs: set[str] = field(default_factory=set)
    manifests: dict[str, StoredManifest] = field(default_factory=dict)
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
        """Give a blob of a repository."""
        with self._lock:
            if digest not in self._repository(repository, code="BLOB_UNKNOWN").blobs:
                raise Refusal(404, "BLOB_UNKNOWN")
            return self._contents[digest]

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
        """Say how many bytes of an upload have arrived."""
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

    def manifest(self, repository: str, target: str) -> StoredManifest:
        """Give a manifest by tag or digest."""
        with self._lock:
            known = self._repository(repository, code="MANIFEST_UNKNOWN")
            manifest = known.manifests.get(known.tags.get(target, target))
            if manifest is None:
                raise Refusal(404, "MANIFEST_UNKNOWN")
            return manifest

    def put_manifest(self, repository: str, target: str, manifest: StoredManifest) -> str:
        """Store a manifest under a digest or tag: its digest."""
        if manifest.media_type not in MANIFEST_TYPES or not manifest.document:
            raise Refusal(400, "MANIFEST_INVALID")
        if manifest.document.get("mediaType", manifest.media_type) != manifest.media_type:
            raise Refusal(400, "MANIFEST_INVALID", "mediaType and Content-Type differ")
        digest = sha256(manifest.content)
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

    def tags(self, repository: str) -> list[str]:
        """List the tags in their order."""
        with self._lock:
            return sorted(self._repository(repository).tags)

    def referrers(self, repository: str, digest: str) -> list[tuple[str, StoredManifest]]:
        """List digests and manifests whose subject is this digest."""
        with self._lock:
            known = self._repositories.get(repository, _Repository())
            return [
                (own, manifest)
                for own, manifest in known.manifests.items()
                if (manifest.document.get("subject") or {}).get("digest") == digest
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


def _missing(known: _Repository, manifest: StoredManifest) -> list[str]:
    blobs = [digest for digest in manifest.blob_digests() if digest not in known.blobs]
    return blobs + [digest for digest in manifest.manifest_digests() if digest not in known.manifests]


def _missing_below(known: _Repository, digest: str) -> Iterator[str]:
    manifest = known.manifests.get(digest)
    if manifest is None:
        yield digest
        return
    yield from (blob for blob in manifest.blob_digests() if blob not in known.blobs)
    for child in manifest.manifest_digests():
        yield from _missing_below(known, child)
