"""Blobs on this side: files or bytes whose digest we have checked, and parts of them as request bodies."""

from __future__ import annotations

import io
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, TypeAlias

from oci_registry.content import BLOCK, Descriptor, file_sha256, sha256
from oci_registry.errors import ContentMismatchError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Position: TypeAlias = "Callable[[int], None]"


@dataclass(frozen=True)
class BlobSource:
    """A blob to be pushed: digest, size in bytes, and where it is. Made by from_file or from_bytes."""

    digest: str
    size: int
    path: Path | None = None
    content: bytes = field(default=b"", repr=False)

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
        if digest is not None and found != digest:
            raise ContentMismatchError(
                f"{path.name} is not what it should be", detail=f"it has {found}, expected {digest}"
            )
        return cls(found, path.stat().st_size, path)

    def check(self) -> None:
        """Raise ContentMismatchError if the file has changed since."""
        if self.path is not None:
            self.from_file(self.path, self.digest)

    def open(self) -> IO[bytes]:
        """Open the blob for reading."""
        return self.path.open("rb") if self.path is not None else io.BytesIO(self.content)

    def descriptor(self, media_type: str) -> Descriptor:
        """Describe the blob, for a manifest."""
        return Descriptor(media_type, self.digest, self.size)


@dataclass(frozen=True)
class Window:
    """Bytes `start` up to `end` of a blob as a request body, which can be opened again after a failure.

    `position` is told how far the blob was read.
    """

    source: BlobSource
    start: int
    end: int
    position: Position = lambda _: None

    @contextmanager
    def open(self) -> Iterator[WindowReader | bytes]:
        """Open the blob at the start of the window."""
        if self.start == self.end:  # requests takes an empty stream for one of unknown length
            yield b""
            return
        with self.source.open() as file:
            file.seek(self.start)
            yield WindowReader(file, self)


class WindowReader:
    """An opened window: what requests needs to stream it with a Content-Length."""

    def __init__(self, file: IO[bytes], window: Window) -> None:
        self._file = file
        self._window = window
        self._at = window.start

    def __len__(self) -> int:
        return self._window.end - self._window.start

    def __iter__(self) -> Iterator[bytes]:
        while piece := self.read(BLOCK):
            yield piece

    def read(self, size: int = -1, /) -> bytes:
        """Read at most `size` bytes. Raises ContentMismatchError if the file has become shorter."""
        left = self._window.end - self._at
        piece = self._file.read(left if size < 0 else min(size, left))
        if left and size and not piece:
            raise ContentMismatchError(f"{self._window.source.path} became shorter while it was sent")
        self._at += len(piece)
        self._window.position(self._at)
        return piece
