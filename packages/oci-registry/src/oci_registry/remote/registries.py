"""The registries of a run: one client each, made when it is needed and closed at the end."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Protocol, final

from oci_registry.remote.client import RegistryClient
from oci_registry.remote.credentials import Nobody
from oci_registry.remote.known_registries import KnownRegistries
from oci_registry.remote.wire import ConnectionOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from oci_registry.reference import Reference
    from oci_registry.remote.client import RemoteRepository
    from oci_registry.remote.retry import RetryPolicy


class Connect(Protocol):
    """Makes the client of a registry (`host[:port]`); `report` takes lines for people."""

    def __call__(self, registry: str, *, report: Callable[[str], None]) -> RegistryClient:
        """Make it; nothing is asked of the registry yet."""
        ...


def connection(
    *, insecure: Collection[str] = (), anonymous: bool = False, policy: RetryPolicy | None = None
) -> Connect:
    """Return how to connect.

    Args:
        insecure: the registries (`host[:port]`) that may use plain HTTP or unverified TLS.
        anonymous: use no credentials.
        policy: when to try again.
    """
    return partial(_connect, insecure, Nobody() if anonymous else None, policy)


def _connect(
    insecure: Collection[str],
    credentials: Nobody | None,
    policy: RetryPolicy | None,
    registry: str,
    *,
    report: Callable[[str], None],
) -> RegistryClient:
    options = ConnectionOptions(insecure=registry in insecure)
    return RegistryClient(registry, options=options, credentials=credentials, policy=policy, report=report)


@final
@dataclass
class Registries:
    """Clients by registry; use it in a `with`. Safe in several threads."""

    connect: Connect = field(default_factory=connection)
    report: Callable[[str], None] = lambda _: None
    known: KnownRegistries = field(default_factory=KnownRegistries)
    _clients: dict[str, RegistryClient] = field(default_factory=dict, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def repository(self, reference: Reference) -> RemoteRepository:
        """Return the repository of a reference; nothing is asked of the registry yet."""
        return self.client(reference.registry).repository(reference.repository)

    def client(self, registry: str) -> RegistryClient:
        """Return the client of a registry; nothing is asked of it yet."""
        with self._lock:
            if registry not in self._clients:
                client = self.connect(registry, report=self.report)
                client.lacked_referrers = self.known.lacks_referrers(registry)
                self._clients[registry] = client
            return self._clients[registry]

    def __enter__(self) -> Registries:
        return self

    def __exit__(self, *_: object) -> None:
        for name, client in self._clients.items():
            if client.has_referrers is not None and not client.referrers_failed:
                self.known.note(name, lacks_referrers=not client.has_referrers)
            client.close()
