"""Layers: a tar archive, compressed and hashed twice while it is written, in one pass over the files."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from oci_registry.compression import gzip_compressor
from oci_registry.content import BLOCK, LAYER, Descriptor
from oci_registry.tar import TarEntry, write_tar

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


@dataclass(frozen=True)
class Layer:
    """A compressed layer: its descriptor, and the digest (diff ID) and size of the archive in it."""

    descriptor: Descriptor
    diff_id: str
    uncompressed_size: int


def write_layer(entries: Iterable[TarEntry], path: Path) -> Layer:
    """Write a compressed layer to a new file."""
    with path.open("xb") as file:
        stream = _LayerStream(file)
        write_tar(entries, stream.write)
        return stream.finish()


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

    def finish(self) -> Layer:
        self._compress(bytes(self._pending))
        self._emit(self._compressor.flush())
        descriptor = Descriptor(LAYER, f"sha256:{self._layer_hash.hexdigest()}", self._file.tell())
        return Layer(descriptor, f"sha256:{self._archive_hash.hexdigest()}", self._archive_size)

    def _compress(self, block: bytes) -> None:
        self._archive_hash.update(block)
        self._emit(self._compressor.compress(block))

    def _emit(self, data: bytes) -> None:
        self._layer_hash.update(data)
        self._file.write(data)
