"""A way that takes time."""

from __future__ import annotations

import time

from benchmarks.distance import distant
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
