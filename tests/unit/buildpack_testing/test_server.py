"""The server gives out files under their escaped names, on loopback only, and tells what was asked."""

from __future__ import annotations

import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from buildpack_testing.server import RecordedRequest, serve

if TYPE_CHECKING:
    from pathlib import Path


def _get(url: str) -> bytes:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=10) as response:
        content: bytes = response.read()
    return content


def test_an_escaped_plus_names_the_file_and_requests_are_recorded(tmp_path: Path) -> None:
    (tmp_path / "a+b").write_bytes(b"content")
    with serve(tmp_path) as server:
        assert server.url.startswith("http://127.0.0.1:")
        assert _get(f"{server.url}/a%2Bb") == b"content"
        with pytest.raises(urllib.error.HTTPError, match="404") as missing:
            _get(f"{server.url}/nothing")
        missing.value.close()
    assert server.requests == [RecordedRequest("GET", "/a%2Bb", 200), RecordedRequest("GET", "/nothing", 404)]


def test_several_clients_are_served_at_once_and_the_port_is_free_afterwards(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * 1_000_000)
    with serve(tmp_path) as server, ThreadPoolExecutor(8) as pool:
        sizes = [len(content) for content in pool.map(_get, [f"{server.url}/file"] * 8)]
    assert sizes == [1_000_000] * 8
    with pytest.raises(urllib.error.URLError):
        _get(f"{server.url}/file")
