"""The registries that a builder's parts come from and go to: one client each, closed at the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, final

from buildpack_release.registry.client import RegistryClient
from buildpack_release.registry.wire import ConnectionOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from types import TracebackType

    from buildpack_release.registry.client import RemoteRepository
    from buildpack_release.registry.reference import Reference
    from buildpack_release.registry.retry import RetryPolicy


@final
@dataclass
class Registries:
    """Clients by registry; use it in a `with`. `insecure` registries may lack (trusted) TLS."""

    insecure: Collection[str] = ()
    report: Callable[[str], None] = lambda _: None
    policy: RetryPolicy | None = None
    _clients: dict[str, RegistryClient] = field(default_factory=dict)

    def repository(self, reference: Reference) -> RemoteRepository:
        """Give the repository of a reference; nothing is asked of the registry yet."""
        client = self._clients.get(reference.registry)
        if client is None:
            options = ConnectionOptions(insecure=reference.registry in self.insecure)
            client = RegistryClient(
                reference.registry, options=options, policy=self.policy, report=self.report
            )
            self._clients[reference.registry] = client
        return client.repository(reference.repository)

    def __enter__(self) -> Registries:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for client in self._clients.values():
            client.close()
