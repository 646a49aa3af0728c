"""What is looked for in a layer of Python is found without reading more of it than needed."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from buildpack_release.images.known_runtime import RuntimeContents, read_contents
from oci_registry.blob_source import BlobSource
from oci_registry.layout import LayoutStore
from oci_registry.store import Content, StoredBlob
from support.app_images import LOCATION, MAGIC, layer_tar, python_files

if TYPE_CHECKING:
    from pathlib import Path

LIBPYTHON = f"{LOCATION}/cpython/lib/libpython3.13.so.1.0"


def contents(folder: Path, data: bytes) -> RuntimeContents:
    store, blob = LayoutStore(folder / "layout"), BlobSource.from_bytes(data)
    store.push(Content((blob,), ()), mounts={}, progress=lambda *_: None)
    return read_contents(StoredBlob.of(blob.descriptor(""), store))


def test_libpython_and_byte_code_are_found(tmp_path: Path) -> None:
    """The library lies before the byte code, so nothing after that is read: here it is damaged."""
    archive = layer_tar({**python_files("3.13.1"), LIBPYTHON: b"x" * 3000})
    assert contents(tmp_path / "a", gzip.compress(archive)) == RuntimeContents(
        MAGIC["3.13"], has_libpython=True
    )
    archive = layer_tar({**python_files("3.13.1"), f"{LOCATION}/x": bytes(100_000)})
    assert contents(tmp_path / "b", gzip.compress(archive[:-50_000])) == RuntimeContents(
        MAGIC["3.13"], has_libpython=False
    )


@pytest.mark.parametrize("data", [b"", b"no archive", gzip.compress(layer_tar({"/a": b"x"}))], ids=range(3))
def test_without_byte_code_there_is_no_magic_number(tmp_path: Path, data: bytes) -> None:
    """Two layers without any are alike in this."""
    assert contents(tmp_path, data) == RuntimeContents(b"", has_libpython=False)
