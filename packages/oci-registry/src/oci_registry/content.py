"""Content that is addressed by its digest (OCI image-spec 1.1): descriptors, manifests, their media types."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from buildpack_common import files
from buildpack_common.parsing import parse_json
from oci_registry.errors import ContentMismatchError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from typing_extensions import Self

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
EMPTY = "application/vnd.oci.empty.v1+json"
LAYER_TAR = "application/vnd.oci.image.layer.v1.tar"
LAYER = f"{LAYER_TAR}+gzip"
# Docker's "Image Manifest Version 2, Schema 2", which older tools still write.
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LAYER_TAR = "application/vnd.docker.image.rootfs.diff.tar"
DOCKER_LAYER = f"{DOCKER_LAYER_TAR}.gzip"
MANIFEST_TYPES = (MANIFEST, INDEX, DOCKER_MANIFEST, DOCKER_LIST)
INDEX_TYPES = frozenset({INDEX, DOCKER_LIST})

BLOCK = 1 << 20
"""How many bytes are read, hashed and compressed at a time, so that memory use does not grow with layers."""
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def sha256(data: bytes) -> str:
    """Return the digest of data."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def file_sha256(path: Path) -> str:
    """Return the digest of a file. Raises OSError."""
    return f"sha256:{files.file_sha256(path)}"


def is_digest(text: str) -> bool:
    """Whether text is a digest that we can check: `sha256:` and 64 lower-case hex digits."""
    return _DIGEST.fullmatch(text) is not None


def canonical_json(content: Mapping[str, Any]) -> bytes:
    """Serialise JSON so that equal content gives equal bytes: sorted keys, no white space, UTF-8.

    Raises ContentMismatchError for half a character, which JSON can hold as an escape and UTF-8 cannot.
    """
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise ContentMismatchError("a document holds half a character (a lone surrogate)") from None


@dataclass(frozen=True)
class Descriptor:
    """The address of content: its media type, digest and size in bytes ("Content Descriptors").

    `extra` has the other members: platform, annotations ...
    """

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

    def to_json(self, **extra: object) -> dict[str, object]:
        """Return the descriptor as it stands in a manifest, with more members if wanted."""
        required = {"mediaType": self.media_type, "digest": self.digest, "size": self.size}
        return {**required, **self.extra, **extra}

    @property
    def platform(self) -> dict[str, str]:
        """What an index says about the platform of an image."""
        return {key: str(value) for key, value in json_object(self.extra.get("platform")).items()}

    @property
    def annotations(self) -> Mapping[str, Any]:
        """The annotations."""
        return json_object(self.extra.get("annotations"))


@dataclass(frozen=True)
class Document:
    """A JSON document: its very bytes, which its digest is of, and its media type."""

    media_type: str
    content: bytes

    @classmethod
    def of(cls, media_type: str, document: Mapping[str, Any]) -> Self:
        """Serialise a document in its one canonical form."""
        return cls(media_type, canonical_json(document))

    @cached_property
    def digest(self) -> str:
        """The digest of the content."""
        return sha256(self.content)

    @cached_property
    def document(self) -> Mapping[str, Any]:
        """The parsed content. Raises ContentMismatchError if it is not a JSON object."""
        try:
            document = parse_json(self.content)
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise ContentMismatchError(f"the manifest {self.digest} is not a JSON object")
        return document

    def descriptor(self, **extra: object) -> Descriptor:
        """Describe this document, for an index (with `platform=...`) or as a subject."""
        return Descriptor(self.media_type, self.digest, len(self.content), extra)


@dataclass(frozen=True)
class Manifest(Document):
    """The manifest of an image, or an index of manifests."""

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Manifest:
        """Make a manifest of a document with a `mediaType`."""
        return cls.of(str(document["mediaType"]), document)

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

    @property
    def annotations(self) -> Mapping[str, Any]:
        """The annotations."""
        return json_object(self.document.get("annotations"))

    def _descriptors(self, key: str) -> tuple[Descriptor, ...]:
        entries = self.document.get(key) or ()
        if not isinstance(entries, (list, tuple)):
            raise ContentMismatchError(f"{key!r} of the manifest {self.digest} is not a list")
        return tuple(map(Descriptor.from_json, entries))


def json_object(value: object) -> dict[str, Any]:
    """Return a JSON object; an empty one for any other value, since such members come from others."""
    return value if isinstance(value, dict) else {}


def label_object(labels: Mapping[str, str], name: str) -> dict[str, Any]:
    """Return the JSON object that a label of an image holds; an empty one for anything else."""
    try:
        return json_object(parse_json(labels.get(name, "")))
    except ValueError:
        return {}
