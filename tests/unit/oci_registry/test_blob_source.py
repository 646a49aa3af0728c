"""Blobs of this side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from oci_registry.blob_source import BlobSource
from oci_registry.content import sha256
from oci_registry.errors import ContentMismatchError

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_and_its_bytes_are_the_same_blob(tmp_path: Path) -> None:
    path = tmp_path / "a blob"
    path.write_bytes(b"content")
    file, memory = BlobSource.from_file(path), BlobSource.from_bytes(b"content")
    assert (file.digest, file.size) == (memory.digest, memory.size) == (sha256(b"content"), 7)
    for source in (file, memory):
        with source.open() as opened:
            assert opened.read() == b"content"


def test_a_file_that_is_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "blob"
    path.write_bytes(b"content")
    with pytest.raises(ContentMismatchError, match="blob is not what it should be"):
        BlobSource.from_file(path, sha256(b"other"))


def test_what_is_read_is_checked_at_its_end(tmp_path: Path) -> None:
    """A file may have changed since its digest was taken."""
    path = tmp_path / "blob"
    path.write_bytes(b"content")
    source = BlobSource.from_file(path)
    assert b"".join(source.pieces()) == b"content"
    path.write_bytes(b"CONTENT")
    with pytest.raises(ContentMismatchError, match="blob is not what it should be"):
        b"".join(source.pieces())


def test_blobs_are_equal_by_their_content(tmp_path: Path) -> None:
    """Wherever they are."""
    path = tmp_path / "blob"
    path.write_bytes(b"content")
    assert BlobSource.from_file(path) == BlobSource.from_bytes(b"content")
