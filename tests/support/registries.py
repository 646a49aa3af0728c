"""Registries and clients for the registry tests."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from oci_registry.remote.client import RegistryClient
from oci_registry.testing.distribution import real_registry
from oci_registry.testing.memory import MemoryRegistry
from oci_registry.testing.samples import patient_clock
from support.needs import need

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from oci_registry.remote.credentials import CredentialSource
    from oci_registry.remote.retry import RetryPolicy
    from oci_registry.remote.wire import ConnectionOptions

KINDS = ("memory", "memory-old", "real")


@dataclass(frozen=True)
class Running:
    """A registry that answers; `referrers` says whether it has that API."""

    host: str
    url: str
    referrers: bool


@contextmanager
def running(kind: str, directory: Path) -> Iterator[Running]:
    """Run a registry without access control: in memory, in memory without newer features, or the real one."""
    if kind == "real":
        need("registry")
        with real_registry(directory) as real:
            yield Running(real.host, real.url, referrers=False)
        return
    with MemoryRegistry(referrers=kind == "memory") as memory:
        yield Running(memory.host, memory.url, referrers=kind == "memory")


def client(
    host: str,
    *,
    credentials: CredentialSource | None = None,
    options: ConnectionOptions | None = None,
    policy: RetryPolicy | None = None,
    waits: list[float] | None = None,
    now: Callable[[], float] = time.time,
    chunk: int = 64 * 1024 * 1024,
) -> RegistryClient:
    """Return a client that takes nothing from this machine's environment and does not wait."""
    made = RegistryClient(
        host,
        credentials=credentials,
        options=options,
        environ={},
        policy=policy,
        clock=patient_clock(waits, now),
    )
    made.chunk = chunk
    return made
