"""A published repository, the CNB registry's code host, and a registrar that does not wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_release.registration.api import Api
from buildpack_release.registration.registrar import Registrar
from buildpack_release.registration.registry_index import Index
from buildpack_testing.cnb_registry import CnbRegistry
from oci_registry.remote.secret import ConcealedText
from oci_registry.testing.memory import MemoryRegistry
from support.publishing import agreed, make_repository, pack, publication, quiet
from support.registration import Time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TOKEN = "alice-s token"


@pytest.fixture(scope="session")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two components and a composite, packaged; not to be changed."""
    return pack(make_repository(tmp_path_factory.mktemp("packed") / "repository"))


@pytest.fixture
def registry(packed: Path) -> Iterator[MemoryRegistry]:
    """A registry in which they are published."""
    with MemoryRegistry(address="127.0.0.11") as registry:
        publication(packed, registry.host).publish(agreed)
        yield registry


@pytest.fixture
def host() -> Iterator[CnbRegistry]:
    """The code host."""
    with CnbRegistry() as host:
        yield host


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
def registrar(host: CnbRegistry, clock: Time) -> Iterator[Callable[..., Registrar]]:
    """Makes a registrar with a token, or without one ("")."""
    opened = []

    def make(token: str = TOKEN) -> Registrar:
        api = Api(host.url, token=ConcealedText(token) if token else None, environ={}, timing=clock.timing)
        opened.append(api)
        return Registrar(Index(api), patience=60, line=quiet())

    yield make
    for api in opened:
        api.close()
