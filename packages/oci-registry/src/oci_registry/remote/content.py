"""Descriptors and manifests, as far as moving them around needs (OCI Image 1.1, Docker schema 2)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from oci_registry.content import canonical_json, sha256
from oci_registry.errors import ContentMismatchError
from oci_registry.reference import is_digest

if TYPE_CHECKING:
    from collections.abc import Mapping

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
MANIFEST_TYPES = (OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, DOCKER_LIST)
INDEX_TYPES = frozenset({OCI_INDEX, DOCKER_LIST})


@dataclass(frozen=True)
class Descriptor:
    """What a manifest says of content elsewhere. `extra` has the other members: platform, annotations ..."""

    media_type: str
    digest: str
    size: int
    extra: Mapping[str, object] = field(default_factory=dict, compare=False)

    @classmethod
    def from_json(cls, value: object) -> Descriptor:
        """Read a descriptor. Raises ContentMismatchError if it is none, or its digest is no sha256."""
        entry = value if isinstance(value, dict) else {}
        size, digest = entry.get("size"), entry.get("digest")
        if not isinstance(digest, str) or not is_digest(digest):
            raise ContentMismatchError(f"a descriptor has no sha256 digest: {digest!r}")
        if not isinstance(size, int) or isinstance(size, bool) or size < 0:
            raise ContentMismatchError(f"the descriptor of {digest} has no size")
        extra = {key: entry[key] for key in entry if key not in ("mediaType", "digest", "size")}
        return cls(str(entry.get("mediaType", "")), digest, size, extra)

    def to_json(self) -> dict[str, object]:
        """Give the descriptor as it stands in a manifest."""
        return {"mediaType": self.media_type, "digest": self.digest, "size": self.size, **self.extra}


@dataclass(frozen=True)
class Manifest:
    """A manifest or index: its very bytes, which its digest is of, and its media type."""

    media_type: str
    content: bytes

    @classmethod
    def from_json(cls, document: Mapping[str, object]) -> Manifest:
        """Make a manifest of a document with a `mediaType`: equal documents give equal bytes."""
        return cls(str(document["mediaType"]), canonical_json(document))

    @cached_property
    def digest(self) -> str:
        """The digest of the content."""
        return sha256(self.content)

    @cached_property
    def document(self) -> Mapping[str, object]:
        """The parsed content. Raises ContentMismatchError if it is not a JSON object."""
        try:
            document = json.loads(self.content)
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise ContentMismatchError(f"the manifest {self.digest} is not a JSON object")
        return document

    @property
    def is_index(self) -> bool:
        """Whether it lists manifests rather than blobs."""
        return self.media_type in INDEX_TYPES

    @property
    def config(self) -> Descriptor | None:
        """The descriptor of an image's configuration."""
        return Descriptor.from_json(self.document["config"]) if "config" in self.document else None

    @property
    def layers(self) -> tuple[Descriptor, ...]:
        """The layers of an image, the lowest first."""
        return self._descriptors("layers")

    @property
    def blobs(self) -> tuple[Descriptor, ...]:
        """All blobs of an image: configuration and layers."""
        return ((self.config,) if self.config else ()) + self.layers

    @property
    def manifests(self) -> tuple[Descriptor, ...]:
        """The manifests of an index."""
        return self._descriptors("manifests")

    @property
    def subject(self) -> Descriptor | None:
        """What this manifest is about (OCI 1.1 referrers)."""
        return Descriptor.from_json(self.document["subject"]) if self.document.get("subject") else None

    def _descriptors(self, key: str) -> tuple[Descriptor, ...]:
        entries = self.document.get(key) or ()
        if not isinstance(entries, (list, tuple)):
            raise ContentMismatchError(f"{key!r} of the manifest {self.digest} is not a list")
        return tuple(map(Descriptor.from_json, entries))

    def descriptor(self, **extra: object) -> Descriptor:
        """Describe this manifest, for an index (with `platform=...`) or as a subject."""
        return Descriptor(self.media_type, self.digest, len(self.content), extra)
