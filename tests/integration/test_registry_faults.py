"""Pushing while the registry fails: every fault at every request, then a second run that sets it right."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from oci_registry.errors import RegistryError, UnavailableError
from oci_registry.remote.retry import RetryPolicy
from oci_registry.remote.wire import ConnectionOptions
from oci_registry.testing.faulty import FaultyRegistry, InjectedFault
from oci_registry.testing.memory import MemoryRegistry
from oci_registry.testing.samples import image, index
from support.registries import client, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from oci_registry.store import Content

TAGS = ("1.0.0", "latest")
LAYER = bytes(range(256)) * 32
CHUNK = 5000  # the layer takes two chunks, the configuration goes in one request
SHORT = ConnectionOptions(read_timeout=0.3)
FAULTS = list(InjectedFault)


def small() -> Content:
    return index([("amd64", image(LAYER))])


def push(host: str, repository: str, policy: RetryPolicy | None = None) -> None:
    """Push one blob after the other, so that the requests come in the same order each time."""
    with client(host, options=SHORT, policy=policy, chunk=CHUNK) as remote:
        remote.repository(repository).push(small(), TAGS, jobs=1)


@pytest.fixture(scope="module")
def faultless() -> tuple[object, int]:
    """What an undisturbed push leaves in the repository, and how many requests it takes."""
    with MemoryRegistry() as registry:
        push(registry.host, "a")
        return registry.store.state()["a"], len(registry.requests)


@contextmanager
def disturbed(*, enforce_references: bool) -> Iterator[tuple[MemoryRegistry, FaultyRegistry, list[str]]]:
    """Give a registry, a faulty proxy to it, and what was ever seen missing below a tag."""
    problems: list[str] = []
    with MemoryRegistry(enforce_references=enforce_references) as registry:

        def watch() -> None:
            problems.extend(registry.store.incomplete_tags())

        with FaultyRegistry(registry, slow=1.0, watch=watch) as faulty:
            yield registry, faulty, problems


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_one_fault_at_every_request_in_turn(fault: InjectedFault, faultless: tuple[object, int]) -> None:
    """One lost, refused or damaged request: the push itself gets over it, or else the second one does.

    This registry does not check references, so the order is the client's own merit: no tag ever points to
    something incomplete.
    """
    state, count = faultless
    with disturbed(enforce_references=False) as (registry, faulty, problems):
        for at in range(count):
            repository = f"at-{at}"
            faulty.arm(fault, at=at)
            with suppress(RegistryError):
                push(faulty.host, repository)
            assert faulty.requests[at].fault is fault
            push(registry.host, repository)
            assert not problems, f"at request {at}"
            assert registry.store.state()[repository] == state, f"at request {at}"


# Those that are temporary without doubt. (A wrong digest is not asked for twice.)
RETRIED = [fault for fault in FAULTS if fault not in (InjectedFault.TRUNCATED, InjectedFault.WRONG_DIGEST)]


@pytest.mark.parametrize("fault", RETRIED, ids=lambda fault: fault.name)
def test_one_temporary_fault_does_not_fail_the_push(
    fault: InjectedFault, faultless: tuple[object, int]
) -> None:
    """Nobody has to start a second run for a single hiccup."""
    state, count = faultless
    with disturbed(enforce_references=True) as (registry, faulty, _):
        for at in range(count):
            faulty.arm(fault, at=at)
            push(faulty.host, f"at-{at}")
            assert registry.store.state()[f"at-{at}"] == state, f"at request {at}"


GONE = [InjectedFault.RESET_BEFORE, InjectedFault.RESET_AFTER, InjectedFault.ERROR_500]


@pytest.mark.parametrize("fault", GONE, ids=lambda fault: fault.name)
def test_a_registry_that_goes_away_at_every_request_in_turn(
    fault: InjectedFault, faultless: tuple[object, int]
) -> None:
    """From one request on nothing works: a network error and no half release; the second run completes it.

    It does not push again what had arrived.
    """
    state, count = faultless
    with disturbed(enforce_references=False) as (registry, faulty, problems):
        for at in range(count):
            repository = f"at-{at}"
            faulty.arm(fault, at=at, on=True)
            with pytest.raises(UnavailableError):
                push(faulty.host, repository, RetryPolicy(attempts=2))
            blobs, manifests, _ = registry.store.state().get(repository, (frozenset(), frozenset(), ()))
            registry.requests.clear()
            push(registry.host, repository)
            assert registry.store.state()[repository] == state, f"at request {at}"
            written = [asked.target for asked in registry.requests if asked.method == "PUT"]
            assert not [path for path in written for blob in blobs if f"sha256%3A{blob[7:]}" in path]
            assert not [path for path in written for digest in manifests if path.endswith(digest)]
        assert not problems


def test_too_many_requests_are_answered_with_patience() -> None:
    """Retry-After is waited for, in seconds and as a date (here one long gone)."""
    for given, least in (("7", 7.0), ("Fri, 31 Dec 1999 23:59:59 GMT", 0.5)):
        waits: list[float] = []
        with (
            MemoryRegistry() as registry,
            FaultyRegistry(registry, fault=InjectedFault.TOO_MANY, at=3, retry_after=given) as faulty,
            client(faulty.host, waits=waits) as remote,
        ):
            remote.repository("a").push(image(b"layer"), jobs=1)
        assert len(waits) == 1
        assert waits[0] >= least


@pytest.mark.parametrize(
    "fault", [InjectedFault.TRUNCATED, InjectedFault.RESET_AFTER], ids=lambda fault: fault.name
)
def test_a_download_goes_on_where_it_broke_off(fault: InjectedFault) -> None:
    """What is missing is asked for by range; the bytes are checked at the end."""
    content = image(LAYER)
    digest = content.blobs[0].digest
    with MemoryRegistry() as registry, FaultyRegistry(registry) as faulty:
        with client(faulty.host) as remote:
            remote.repository("a").push(content)
            faulty.arm(fault)
            assert remote.repository("a").blobs.read(digest) == LAYER
        assert [asked.method for asked in faulty.requests] == ["GET", "GET"]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_the_real_registry_converges_too(
    fault: InjectedFault, tmp_path: Path, faultless: tuple[object, int]
) -> None:
    """The same with docker-registry behind the proxy, whose upload sessions behave in their own way."""
    _, count = faultless
    with running("real", tmp_path) as registry, FaultyRegistry(registry.url, slow=1.0) as faulty:
        for at in range(count):
            repository, content = f"at-{at}", index([("amd64", image(LAYER + bytes([at])))])
            faulty.arm(fault, at=at)
            with client(faulty.host, options=SHORT, chunk=CHUNK) as remote, suppress(RegistryError):
                remote.repository(repository).push(content, TAGS, jobs=1)
            with client(registry.host, chunk=CHUNK) as remote:
                found = remote.repository(repository)
                found.push(content, TAGS, jobs=1)
                assert found.manifests.get(TAGS[1]) == content.root, f"at request {at}"
                for blob in content.blobs:
                    found.blobs.check(blob.digest, blob.size)
