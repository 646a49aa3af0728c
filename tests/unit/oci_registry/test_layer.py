from __future__ import annotations

import gzip
import hashlib
import io
import tracemalloc
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oci_registry.content import LAYER
from oci_registry.layer import ImageLayer, write_layer
from oci_registry.tar import TarEntry, write_tar

if TYPE_CHECKING:
    from pathlib import Path


def check_layer(layer: ImageLayer, path: Path, archive: bytes) -> None:
    data = path.read_bytes()
    assert layer.diff_id == f"sha256:{hashlib.sha256(archive).hexdigest()}"
    assert layer.uncompressed_size == len(archive)
    assert layer.descriptor.digest == f"sha256:{hashlib.sha256(data).hexdigest()}"
    assert (layer.descriptor.size, layer.descriptor.media_type) == (len(data), LAYER)
    assert gzip.decompress(data) == archive


@settings(max_examples=30)
@given(contents=st.lists(st.binary(max_size=5000), max_size=5))
def test_digests_and_sizes_are_those_of_the_file(
    tmp_path_factory: pytest.TempPathFactory, contents: list[bytes]
) -> None:
    """What is told about a layer is what reading the file again gives."""
    path = tmp_path_factory.mktemp("layer") / "layer"
    entries = [TarEntry.content(str(number), data) for number, data in enumerate(contents)]
    out = io.BytesIO()
    write_tar(entries, out.write)
    check_layer(write_layer(entries, path), path, out.getvalue())


def test_the_gzip_header_says_nothing(tmp_path: Path) -> None:
    """No time, no file name."""
    write_layer([TarEntry("x")], tmp_path / "layer")
    header = (tmp_path / "layer").read_bytes()[:10]
    assert header[:2] == b"\x1f\x8b"
    assert header[3] == 0, "no optional fields such as a name"
    assert header[4:8] == bytes(4), "no time"


def test_memory_does_not_grow_with_the_layer(tmp_path: Path) -> None:
    """Files pass through in blocks; 60 MB take no more than a few."""
    big = tmp_path / "big"
    with big.open("wb") as file:
        file.truncate(60 << 20)
    tracemalloc.start()
    try:
        layer = write_layer([TarEntry.file("big", big)], tmp_path / "layer")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert layer.uncompressed_size > 60 << 20
    assert peak < 12 << 20


def test_an_existing_file_is_not_overwritten(tmp_path: Path) -> None:
    """A layer is always written to a new file."""
    (tmp_path / "layer").write_bytes(b"")
    with pytest.raises(FileExistsError):
        write_layer([TarEntry("x")], tmp_path / "layer")
