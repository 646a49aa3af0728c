"""Parts of blobs as the bodies of requests."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, TypeAlias

from oci_registry.content import BLOCK
from oci_registry.errors import ContentMismatchError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from oci_registry.blob_source import BlobSource

Position: TypeAlias = "Callable[[int], None]"


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
