"""Windows of blobs, as the bodies of requests."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oci_registry.blob_source import BlobSource
from oci_registry.errors import ContentMismatchError
from oci_registry.remote.window import Window, WindowReader

if TYPE_CHECKING:
    from pathlib import Path


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
