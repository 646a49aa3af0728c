"""Blobs of this side, and windows of them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oci_registry.content import sha256
from oci_registry.errors import ContentMismatchError
from oci_registry.remote.blob_source import BlobSource, Window, WindowReader

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


@given(st.binary(min_size=1, max_size=50), st.data())
def test_a_window_gives_its_bytes_as_often_as_it_is_opened(content: bytes, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, len(content)))
    step = data.draw(st.integers(1, 60))
    positions: list[int] = []
    window = Window(BlobSource.from_bytes(content), start, end, positions.append)
    for _ in range(2):
        positions.clear()
        with window.open() as opened:
            assert len(opened) == end - start
            if isinstance(opened, bytes):
                assert opened == b"" == content[start:end]
                continue
            pieces = list(iter(partial(opened.read, step), b""))
        assert b"".join(pieces) == content[start:end]
        assert positions[-1] == end


def test_a_file_that_shrinks_while_it_is_sent_is_told(tmp_path: Path) -> None:
    """Otherwise the request would never be complete, and the registry would wait for the rest."""
    path = tmp_path / "blob"
    path.write_bytes(b"0123456789")
    source = BlobSource.from_file(path)
    path.write_bytes(b"01234")
    with Window(source, 3, 10).open() as opened:
        assert isinstance(opened, WindowReader)
        with pytest.raises(ContentMismatchError, match="shorter"):
            list(opened)
