"""Blobs that are in a store: read when they are needed, into a file only where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from oci_registry.content import LAYER_TAR
from oci_registry.errors import CheckFailed
from oci_registry.layout import LayoutStore
from oci_registry.store import StoredBlob, read_blob
from oci_registry.testing.memory import MemoryRegistry
from oci_registry.testing.samples import image
from support.registries import client

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from oci_registry.store import Store

CONTENT = image(b"layer")
BLOB = CONTENT.blobs[0].descriptor(LAYER_TAR)


@pytest.fixture
def registry() -> Iterator[MemoryRegistry]:
    with MemoryRegistry() as running:
        yield running


@pytest.fixture
def remote(registry: MemoryRegistry) -> Iterator[Store]:
    with client(registry.host) as running:
        store = running.repository("acme/one")
        store.push(CONTENT, mounts={}, progress=lambda *_: None)
        registry.requests.clear()
        yield store


def downloads(registry: MemoryRegistry) -> list[str]:
    return [one.target for one in registry.requests if one.method == "GET" and "/blobs/" in one.target]


def test_a_far_blob_is_fetched_once(tmp_path: Path, registry: MemoryRegistry, remote: Store) -> None:
    """A push opens it for each window and each attempt."""
    blob = StoredBlob.of(BLOB, remote).within(tmp_path)
    assert not registry.requests
    for _ in range(2):
        with blob.open() as file:
            assert file.read() == b"layer"
    blob.check()
    assert len(downloads(registry)) == 1
    assert [path.name for path in tmp_path.iterdir()] == [BLOB.digest.removeprefix("sha256:")]


def test_a_far_blob_is_read_without_a_file(registry: MemoryRegistry, remote: Store) -> None:
    """What is copied from store to store is not written twice."""
    blob = StoredBlob.of(BLOB, remote)
    assert b"".join(blob.pieces()) == b"layer"
    with pytest.raises(ValueError, match="no folder for the file"):
        blob.open()


def test_the_file_of_a_layout_is_used_as_it_is(tmp_path: Path) -> None:
    store = LayoutStore(tmp_path / "layout")
    store.push(CONTENT, mounts={}, progress=lambda *_: None)
    blob = StoredBlob.of(BLOB, store)
    assert blob.file() == store.file(BLOB)
    blob.file().unlink()
    with pytest.raises(CheckFailed, match="is missing"):
        blob.open()


def test_only_small_blobs_are_read_into_memory(remote: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A configuration of gigabytes is refused, not swallowed."""
    assert read_blob(remote, BLOB) == b"layer"
    monkeypatch.setattr("oci_registry.store.LIMIT", 4)
    with pytest.raises(CheckFailed, match="has more than 4 bytes"):
        read_blob(remote, BLOB)
