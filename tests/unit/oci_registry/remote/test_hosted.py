"""What hosted registries answer otherwise (`Habit`), and that the client copes with it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from oci_registry.errors import AccessDeniedError, RegistryConflictError, RejectedError, UnavailableError
from oci_registry.remote.credentials import Nobody
from oci_registry.remote.retry import RetryPolicy
from oci_registry.store import Content, TransferOutcome
from oci_registry.testing.faulty import FaultyRegistry, InjectedFault
from oci_registry.testing.hosted import REFERRERS_UNKNOWN, Habit, HostedRegistry
from oci_registry.testing.loopback import HangUp, Received, Response
from oci_registry.testing.memory import MemoryRegistry
from oci_registry.testing.samples import image
from support.registries import client
from support.scripted_server import ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from oci_registry.remote.client import RegistryClient

SUBJECT = image(b"subject")
KIND = "application/vnd.example.sbom"
SBOM = image(b"sbom", artifactType=KIND, subject=SUBJECT.root.descriptor().to_json())
OTHER = image(b"other", artifactType=KIND, subject=SUBJECT.root.descriptor().to_json())


def busy(_request: Received) -> Response:
    """Answer as a web forge that has had enough."""
    return Response(429, {"Retry-After": "60", "Content-Type": "text/html"}, b"<title>Slow down</title>")


@contextmanager
def hosted(habit: Habit) -> Iterator[tuple[HostedRegistry, RegistryClient]]:
    with (
        MemoryRegistry(referrers=habit is Habit.LOSES_A_REFERRER) as registry,
        ScriptedServer(busy) as elsewhere,
        HostedRegistry(registry, habit, elsewhere=elsewhere.url) as server,
        client(server.host, policy=RetryPolicy(attempts=2)) as remote,
    ):
        yield server, remote
        assert elsewhere.requests == [], "what stands at another host says nothing about this registry"


@pytest.mark.parametrize("habit", REFERRERS_UNKNOWN)
def test_whatever_stands_for_no_referrers_api_documents_are_stored(habit: Habit) -> None:
    with hosted(habit) as (_, remote):
        repository = remote.repository("a")
        for content in (SUBJECT, SBOM, OTHER):
            repository.push(content)
        assert repository.referrers(SUBJECT.root.digest) == ()
        repository.attach(SBOM.root, OTHER.root)
        found = repository.referrers(SUBJECT.root.digest)
    assert {one.digest for one in found} == {SBOM.root.digest, OTHER.root.digest}


@pytest.mark.parametrize(
    ("habit", "kind"),
    [
        (Habit.REFERRERS_401, AccessDeniedError),
        (Habit.REFERRERS_403, AccessDeniedError),
        (Habit.REFERRERS_429, UnavailableError),
    ],
)
def test_a_registry_that_turns_us_away_has_said_nothing_about_the_route(
    habit: Habit, kind: type[Exception]
) -> None:
    """Protects the documents of a registry with that API: under a fallback tag nobody would look for them."""
    with hosted(habit) as (_, remote), pytest.raises(kind):
        remote.repository("a").referrers(SUBJECT.root.digest)


def test_nor_has_silence() -> None:
    with MemoryRegistry() as registry:

        def silent_about_referrers(request: Received) -> Response:
            if "/referrers/" in request.target:
                raise HangUp
            return registry.answer(request)

        with (
            ScriptedServer(silent_about_referrers) as server,
            client(server.host, policy=RetryPolicy(attempts=2)) as remote,
            pytest.raises(UnavailableError),
        ):
            remote.repository("a").referrers(SUBJECT.root.digest)


def test_a_fault_of_a_registry_known_to_have_the_api_is_no_empty_list() -> None:
    with (
        MemoryRegistry() as registry,
        FaultyRegistry(registry) as server,
        client(server.host, policy=RetryPolicy(attempts=2)) as remote,
    ):
        repository = remote.repository("a")
        assert repository.referrers(SUBJECT.root.digest) == ()
        server.arm(InjectedFault.ERROR_500, on=True)
        with pytest.raises(UnavailableError):
            repository.referrers(SUBJECT.root.digest)


def test_referrers_are_put_one_after_the_other_and_again_if_one_is_lost() -> None:
    with hosted(Habit.LOSES_A_REFERRER) as (server, remote):
        repository = remote.repository("a")
        repository.push(SUBJECT)
        for content in (SBOM, OTHER):
            repository.push(Content(content.blobs, ()))
        repository.attach(SBOM.root, OTHER.root)
        found = repository.referrers(SUBJECT.root.digest)
        puts = [one.path.rpartition("/")[2] for one in server.requests if one.method == "PUT"]
    assert {one.digest for one in found} == {SBOM.root.digest, OTHER.root.digest}
    assert puts[-3:] == [SBOM.root.digest, OTHER.root.digest, SBOM.root.digest]


@pytest.mark.parametrize("habit", [Habit.IMMUTABLE_400, Habit.IMMUTABLE_409, Habit.IMMUTABLE_412])
def test_an_immutable_tag_is_refused_once_and_not_tried_again(habit: Habit) -> None:
    with hosted(habit) as (server, remote):
        repository = remote.repository("a")
        repository.push(SUBJECT, ["1"])
        repository.push(SBOM)
        server.requests.clear()
        with pytest.raises((RejectedError, RegistryConflictError)):
            repository.tag(SBOM.root, "1")
        assert len([one for one in server.requests if one.method == "PUT"]) == 1
        current = repository.manifest("1")
    assert current is not None
    assert current.digest == SUBJECT.root.digest


@pytest.mark.parametrize("habit", [Habit.MOUNT_401, Habit.MOUNT_403])
def test_a_blob_that_cannot_be_mounted_is_sent(habit: Habit) -> None:
    with hosted(habit) as (_, remote):
        remote.repository("a").push(SUBJECT)
        blob = SUBJECT.blobs[0]
        outcome = remote.repository("b").push(SUBJECT, mounts={blob.digest: "a"}, absent={blob.digest})
    assert outcome.blobs[blob.digest] is TransferOutcome.UPLOADED


def test_a_blob_that_is_there_after_a_refused_mount_is_not_sent() -> None:
    """Protects bandwidth where all repositories share one storage (zot, go-containerregistry)."""
    with hosted(Habit.SHARED_BLOBS) as (server, remote):
        remote.repository("a").push(SUBJECT)
        server.requests.clear()
        blob = SUBJECT.blobs[0]
        outcome = remote.repository("b").push(SUBJECT, mounts={blob.digest: "a"}, absent={blob.digest})
        sent = [one for one in server.requests if one.method == "PUT" and blob.digest in one.target]
    assert outcome.blobs[blob.digest] is TransferOutcome.PRESENT
    assert sent == []


@pytest.mark.parametrize("habit", [Habit.CLOSED_RANGES_ONLY, Habit.NO_RANGES])
@pytest.mark.parametrize("is_size_known", [True, False])
def test_a_blob_that_broke_off_is_read_on_whatever_ranges_are_understood(
    habit: Habit, is_size_known: bool
) -> None:
    layer = bytes(range(256)) * 2048
    large = image(layer)
    with MemoryRegistry() as registry, HostedRegistry(registry, habit) as server:
        with client(server.host) as direct:
            direct.repository("a").push(large)
        broken: list[str] = []

        def break_once(request: Received) -> Response:
            response = server.answer(request)
            if "/blobs/" in request.path and request.method == "GET" and not broken:
                broken.append(request.target)
                return Response(200, {}, layer[:100_000], length=len(layer), cut=True)
            return response

        with ScriptedServer(break_once) as flaky, client(flaky.host) as remote:
            blob = large.blobs[0]
            size = blob.size if is_size_known else None
            assert remote.repository("a").blobs.check(blob.digest, size) == len(layer)
    assert len(broken) == 1


def test_who_asked_for_no_credentials_is_not_told_to_log_in() -> None:
    with (
        MemoryRegistry() as registry,
        HostedRegistry(registry, Habit.REFERRERS_403) as server,
        client(server.host, credentials=Nobody()) as remote,
        pytest.raises(AccessDeniedError) as caught,
    ):
        remote.repository("a").referrers(SUBJECT.root.digest)
    assert "log in" not in caught.value.advice
    assert "make it public" in caught.value.advice


@pytest.mark.parametrize("is_there", [True, False])
def test_an_api_that_fails_for_a_while_gets_no_fallback_tag_beside_it(is_there: bool) -> None:
    """500 may mean that there is no such route; a registry that has it says so when a document is put."""
    with (
        MemoryRegistry(referrers=True) as registry,
        HostedRegistry(registry, Habit.REFERRERS_500) as server,
        client(server.host, policy=RetryPolicy(attempts=2)) as failing,
        client(registry.host) as whole,
    ):
        repository = whole.repository("a")
        for content in (SUBJECT, SBOM) if is_there else (SUBJECT,):
            repository.push(content)
        if is_there:
            repository.attach(SBOM.root)
        failing.repository("a").push(Content(SBOM.blobs, ()))
        assert failing.repository("a").referrers(SUBJECT.root.digest) == ()
        with pytest.raises(UnavailableError, match="answered 500"):
            failing.repository("a").attach(SBOM.root)
        assert repository.tags() == ()
        assert [one.digest for one in repository.referrers(SUBJECT.root.digest)] == [SBOM.root.digest]
