"""The stores of a destination, by the names of the packages; all use one client, closed at the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, final

from buildpack_release.publish.layout_store import LayoutStore
from buildpack_release.publish.registry_store import RegistryStore
from buildpack_release.registry.client import RegistryClient
from buildpack_release.registry.wire import ConnectionOptions

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from buildpack_release.publish.destination import Destination
    from buildpack_release.publish.image_store import ImageStore
    from buildpack_release.registry.login import Login


class Connect(Protocol):
    """Makes the client of a registry (`host[:port]`); `report` takes lines for people."""

    def __call__(self, registry: str, *, report: Callable[[str], None]) -> RegistryClient:
        """Make it; nothing is asked of the registry yet."""
        ...


class Nobody:
    """A source of credentials without any: to see what everybody sees."""

    def find(self, registry: str, repository: str) -> Login | None:  # noqa: ARG002 (none, wherever)
        """Give nothing."""
        return None


def connection(*, insecure: bool = False, anonymous: bool = False) -> Connect:
    """Say how to connect: with plain HTTP or unverified TLS allowed, without credentials."""
    return partial(
        RegistryClient,
        options=ConnectionOptions(insecure=insecure),
        credentials=Nobody() if anonymous else None,
    )


@final
@dataclass
class Stores:
    """The stores of a destination; use it in a `with`."""

    destination: Destination
    connect: Connect
    report: Callable[[str], None]
    _client: RegistryClient | None = field(default=None, init=False)

    def store(self, name: str) -> ImageStore:
        """Give the store for the packages of a name; nothing is asked or written yet."""
        if isinstance(self.destination, Path):
            return LayoutStore(self.destination / name)
        if self._client is None:
            self._client = self.connect(self.destination.registry, report=self.report)
        return RegistryStore(self._client.repository(self.destination.child(name).repository))

    def __enter__(self) -> Stores:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._client is not None:
            self._client.close()
