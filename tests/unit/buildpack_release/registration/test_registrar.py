"""Requests are made once, whatever happens, and their answers are told apart."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from buildpack_release.errors import (
    AuthError,
    ConflictError,
    ExitCode,
    NetworkError,
    ReleaseError,
    exit_code_of,
)
from buildpack_release.registration.registrar import RequestState
from buildpack_release.registration.registration_request import RegistrationRequest
from buildpack_testing.cnb_registry import FakeIssue, Trouble

if TYPE_CHECKING:
    from collections.abc import Callable

    from buildpack_release.registration.registrar import Registrar
    from buildpack_testing.cnb_registry import CnbRegistry
    from oci_registry.testing.memory import MemoryRegistry
    from support.registration import Time
OTHER = "127.0.0.11:1/acme/one@sha256:" + "b" * 64


@pytest.fixture
def request_(registry: MemoryRegistry) -> RegistrationRequest:
    """The request for what is published."""
    tags = dict(registry.store.state()["acme/one"][2])
    return RegistrationRequest("acme/one", "1.0.0", f"{registry.host}/acme/one@{tags['1.0.0']}")


def test_from_the_request_to_the_entry(
    host: CnbRegistry, registrar: Callable[..., Registrar], request_: RegistrationRequest
) -> None:
    """And a second run finds it done, with a token or without."""
    one = registrar()
    assert one.look(request_).state is RequestState.MISSING
    assert "new" in one.check_namespace(request_)
    assert one.register(request_).is_registered
    assert [issue.labels for issue in host.issues] == [["succeeded"]]
    assert registrar().register(request_).is_registered
    assert registrar("").look(request_).is_registered
    assert len(host.issues) == 1


def test_without_a_token_nothing_is_requested(
    host: CnbRegistry, registrar: Callable[..., Registrar], request_: RegistrationRequest
) -> None:
    assert registrar("").look(request_).state is RequestState.MISSING
    with pytest.raises(AuthError, match="no token"):
        registrar("").register(request_)
    assert host.issues == []


@pytest.mark.parametrize("trouble", [Trouble.LOST_ANSWER, Trouble.BUSY])
def test_a_lost_answer_does_not_make_a_second_request(
    host: CnbRegistry, registrar: Callable[..., Registrar], request_: RegistrationRequest, trouble: Trouble
) -> None:
    """Whether the issue was opened is looked up before it is tried again."""
    host.troubles = [trouble]
    assert registrar().register(request_).is_registered
    assert len(host.issues) == 1


def test_no_answer_in_time(
    host: CnbRegistry, registrar: Callable[..., Registrar], request_: RegistrationRequest, clock: Time
) -> None:
    """The next run goes on waiting for the same issue."""
    host.troubles = [Trouble.NEVER]
    with pytest.raises(NetworkError, match="has not answered") as caught:
        registrar().register(request_)
    assert "issues/1" in str(caught.value)
    assert 60 <= clock.now - 1000 < 61, "as long as it is patient"
    assert max(clock.waits) <= 15
    host.troubles = []
    assert registrar().register(request_).is_registered
    assert len(host.issues) == 1


@pytest.mark.parametrize(
    ("trouble", "text"), [(Trouble.CLOSED, "closed without a result"), (None, "has refused")]
)
def test_a_refusal_is_told_and_repeated_only_when_asked(
    host: CnbRegistry,
    registrar: Callable[..., Registrar],
    request_: RegistrationRequest,
    trouble: Trouble | None,
    text: str,
) -> None:
    """A second run says the same; --again makes a new request."""
    host.namespaces["v1/acme.json"] = '{"owners": [{"id": 2, "type": "github_user"}]}'
    host.troubles = [trouble] if trouble else []
    for _ in range(2):
        with pytest.raises(ReleaseError, match=text) as caught:
            registrar().register(request_)
        assert "--again" in str(caught.value)
    assert len(host.issues) == 1
    host.troubles, host.namespaces = [], {}
    assert registrar().register(request_, again=True).is_registered
    assert len(host.issues) == 2
    assert registrar().look(request_).is_registered, "the later success counts, not the refusal before it"


def test_another_address_is_a_conflict(
    host: CnbRegistry, registrar: Callable[..., Registrar], request_: RegistrationRequest
) -> None:
    """Asked for or registered: both are shown."""
    body = RegistrationRequest("acme/one", "1.0.0", OTHER).body
    host.issues = [FakeIssue(1, request_.title, body, "alice")]
    with pytest.raises(ConflictError) as asked:
        registrar().register(request_)
    host.issues[0].state = "closed"
    assert registrar().look(request_).state is RequestState.MISSING, (
        "a closed request for something else is past"
    )
    host.add_entry("acme/one", "1.0.0", OTHER)
    with pytest.raises(ConflictError) as registered:
        registrar().register(request_)
    for caught in (asked, registered):
        assert OTHER in str(caught.value)
        assert request_.address in str(caught.value)
        assert exit_code_of(caught.value) is ExitCode.CONFLICT


def test_a_yanked_version_stays_registered(
    host: CnbRegistry, registrar: Callable[..., Registrar], request_: RegistrationRequest
) -> None:
    """It cannot be registered again; people are told."""
    host.add_entry("acme/one", "1.0.0", request_.address, yanked=True)
    status = registrar().look(request_)
    assert (status.state, status.note) == (RequestState.REGISTERED, "it has been yanked")


def test_owners_of_a_namespace(
    host: CnbRegistry, registrar: Callable[..., Registrar], request_: RegistrationRequest
) -> None:
    """A user, or an organisation with the user as a member; else nothing is requested."""
    owners = '{"owners": [{"id": %s, "type": "%s"}]}'
    host.namespaces["v1/acme.json"] = owners % (1, "github_user")
    assert registrar().check_namespace(request_) == ""
    host.namespaces["v1/acme.json"] = owners % (1, "github_org")
    with pytest.raises(AuthError, match="belongs to others than alice"):
        registrar().check_namespace(request_)
    host.organisations["alice"] = [7, 8, 1]
    assert registrar().check_namespace(request_) == ""


def test_two_at_once(
    host: CnbRegistry, registrar: Callable[..., Registrar], request_: RegistrationRequest
) -> None:
    """Both end well, whoever asked first: at worst with a second request, which the registry refuses."""
    results: list[object] = []
    together = threading.Barrier(2)

    def run(one: Registrar) -> None:
        together.wait(30)
        try:
            results.append(one.register(request_).state)
        except ReleaseError as error:
            results.append(error)

    threads = [threading.Thread(target=run, args=(registrar(),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert results == [RequestState.REGISTERED] * 2
    assert registrar("").look(request_).is_registered
