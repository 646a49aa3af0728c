"""Layers: a tar archive, compressed and hashed twice while it is written, in one pass over the files."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from oci_registry.blob_source import BlobSource
from oci_registry.compression import gzip_compressor
from oci_registry.content import BLOCK, LAYER
from oci_registry.tar import TarEntry, write_tar

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from oci_registry.content import Descriptor


@dataclass(frozen=True)
class ImageLayer:
    """A layer: its media type and its blob, and what is said of the archive in it.

    Attributes:
        media_type: says whether and how it is compressed.
        source: the blob.
        diff_id: the digest of the archive.
        uncompressed_size: how many bytes the archive has; 0 if nobody knows.
        title: what the history of an image calls it.
    """

    media_type: str
    source: BlobSource
    diff_id: str
    uncompressed_size: int = 0
    title: str = ""

    @property
    def digest(self) -> str:
        """The digest of the blob."""
        return self.source.digest

    @property
    def size(self) -> int:
        """The size of the blob in bytes."""
        return self.source.size

    @property
    def descriptor(self) -> Descriptor:
        """What a manifest says of it."""
        return self.source.descriptor(self.media_type)


def write_layer(entries: Iterable[TarEntry], path: Path, *, title: str = "") -> ImageLayer:
    """Write a compressed layer to a new file."""
    with path.open("xb") as file:
        stream = _LayerStream(file)
        write_tar(entries, stream.write)
        return stream.finish(path, title)


def compress_layer(archive: Iterable[bytes], path: Path, *, title: str = "") -> ImageLayer:
    """Write a compressed layer of a whole archive, which comes in pieces, to a new file."""
    with path.open("xb") as file:
        stream = _LayerStream(file)
        for piece in archive:
            stream.write(piece)
        return stream.finish(path, title)


class _LayerStream:
    """Compresses an archive into a file, in whole blocks: where some zlibs are cut shows in their output."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._compressor = gzip_compressor()
        self._archive_hash = hashlib.sha256()
        self._layer_hash = hashlib.sha256()
        self._pending = bytearray()
        self._archive_size = 0

    def write(self, data: bytes) -> None:
        self._archive_size += len(data)
        self._pending += data
        while len(self._pending) >= BLOCK:
            self._compress(bytes(self._pending[:BLOCK]))
            del self._pending[:BLOCK]

    def finish(self, path: Path, title: str) -> ImageLayer:
        self._compress(bytes(self._pending))
        self._emit(self._compressor.flush())
        source = BlobSource(f"sha256:{self._layer_hash.hexdigest()}", self._file.tell(), path)
        diff_id = f"sha256:{self._archive_hash.hexdigest()}"
        return ImageLayer(LAYER, source, diff_id, self._archive_size, title)

    def _compress(self, block: bytes) -> None:
        self._archive_hash.update(block)
        self._emit(self._compressor.compress(block))

    def _emit(self, data: bytes) -> None:
        self._layer_hash.update(data)
        self._file.write(data)
