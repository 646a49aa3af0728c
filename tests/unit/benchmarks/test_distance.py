"""A way that takes time."""

from __future__ import annotations

import time

from benchmarks.distance import distant, way_to
from oci_registry.blob_source import BlobSource
from oci_registry.testing.memory import MemoryRegistry
from support.registries import client


def test_everything_arrives_and_as_late_as_it_should() -> None:
    """Both ways; many requests on the same connection, and a large one."""
    large = bytes(300_000)
    with MemoryRegistry() as registry, distant(registry.host, 0.02) as address, client(address) as remote:
        repository = remote.repository("a")
        started = time.monotonic()
        repository.blobs.push(source := BlobSource.from_bytes(large))
        assert time.monotonic() - started >= 3 * 0.04
        assert repository.blobs.read(source.digest) == large


def test_what_is_sent_is_counted() -> None:
    """Only what goes to the server: reading costs a registry's disk nothing."""
    large = bytes(300_000)
    with MemoryRegistry() as registry, way_to(registry.host) as way, client(way.address) as remote:
        repository = remote.repository("a")
        repository.blobs.push(source := BlobSource.from_bytes(large))
        sent = way.sent
        assert len(large) < sent < len(large) + 10_000
        assert repository.blobs.read(source.digest) == large
        assert way.sent < sent + 10_000
