"""Content that is addressed by its digest (OCI image-spec 1.1, "Content Descriptors")."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from buildpack_common import files

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
REF_NAME = "org.opencontainers.image.ref.name"
"""The annotation that names an entry of a layout."""
LAYOUT_MARKER = b'{"imageLayoutVersion":"1.0.0"}'
"""The content of the file `oci-layout`."""
BLOCK = 1 << 20
"""How many bytes are read, hashed and compressed at a time, so that memory use does not grow with layers."""


@dataclass(frozen=True)
class ContentDescriptor:
    """The address of a piece of content: its media type, its digest (`sha256:...`) and its size in bytes."""

    media_type: str
    digest: str
    size: int
    platform: Mapping[str, str] = field(default_factory=dict, hash=False)
    annotations: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def blob_name(self) -> str:
        """The path of the content in an OCI layout."""
        algorithm, _, value = self.digest.partition(":")
        return f"blobs/{algorithm}/{value}"

    def as_json(self) -> dict[str, Any]:
        """Return the JSON object of this descriptor."""
        required = {"mediaType": self.media_type, "digest": self.digest, "size": self.size}
        optional = {"platform": dict(self.platform), "annotations": dict(self.annotations)}
        return required | {key: value for key, value in optional.items() if value}


@dataclass(frozen=True)
class Document:
    """A JSON document: its bytes and their descriptor."""

    descriptor: ContentDescriptor
    data: bytes

    @classmethod
    def of(
        cls,
        media_type: str,
        content: Mapping[str, Any],
        *,
        platform: Mapping[str, str] | None = None,
    ) -> Document:
        """Serialise JSON in its one canonical form."""
        data = canonical_json(content)
        return cls(ContentDescriptor(media_type, sha256(data), len(data), platform or {}), data)


def canonical_json(content: Mapping[str, Any]) -> bytes:
    """Serialise JSON so that equal content gives equal bytes: sorted keys, no white space, UTF-8."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sha256(data: bytes) -> str:
    """Return the digest of data."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def file_sha256(path: Path) -> str:
    """Return the digest of a file. Raises OSError."""
    return f"sha256:{files.file_sha256(path)}"
