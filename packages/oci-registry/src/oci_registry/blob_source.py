"""Blobs that can be read here: files or bytes whose digest is known."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

from oci_registry.content import BLOCK, Descriptor, file_sha256, sha256
from oci_registry.errors import ContentMismatchError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True)
class BlobSource:
    """A blob: digest, size in bytes, and where it is. Made by from_file, from_bytes, or of what is known."""

    digest: str
    size: int
    path: Path | None = field(default=None, compare=False)
    content: bytes = field(default=b"", repr=False, compare=False)

    @classmethod
    def from_bytes(cls, content: bytes) -> BlobSource:
        """Take a small blob from memory."""
        return cls(sha256(content), len(content), None, content)

    @classmethod
    def from_file(cls, path: Path, digest: str | None = None) -> BlobSource:
        """Take a blob from a file, read once for its digest.

        Raises ContentMismatchError if that is not `digest`, OSError if the file cannot be read.
        """
        found = file_sha256(path)
        if digest is not None:
            _check(path, found, digest)
        return cls(found, path.stat().st_size, path)

    def check(self) -> None:
        """Raise ContentMismatchError if the file has changed since."""
        if self.path is not None:
            _check(self.path, file_sha256(self.path), self.digest)

    def open(self) -> IO[bytes]:
        """Open the blob for reading."""
        return self.path.open("rb") if self.path is not None else io.BytesIO(self.content)

    def pieces(self) -> Iterator[bytes]:
        """Read the blob to its end. Raises ContentMismatchError there if it is not what its digest says."""
        found = hashlib.sha256()
        with self.open() as file:
            while block := file.read(BLOCK):
                found.update(block)
                yield block
        _check(self.path, f"sha256:{found.hexdigest()}", self.digest)

    def descriptor(self, media_type: str) -> Descriptor:
        """Describe the blob, for a manifest."""
        return Descriptor(media_type, self.digest, self.size)


def _check(path: Path | None, found: str, digest: str) -> None:
    if found != digest:
        raise ContentMismatchError(
            f"{path.name if path else 'a blob'} is not what it should be",
            detail=f"it has {found}, expected {digest}",
        )
