"""Requests to a registry: scheme, authorisation, typed errors, retries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from oci_registry.errors import (
    AccessDeniedError,
    NotFoundError,
    RejectedError,
    UnavailableError,
    UnsafeRedirectError,
)
from oci_registry.parallel import in_parallel
from oci_registry.remote.login import Password
from oci_registry.remote.secret import ConcealedText
from oci_registry.remote.transport import Transport
from oci_registry.remote.wire import ConnectionOptions
from oci_registry.testing.loopback import LoopbackServer, Received, Response
from oci_registry.testing.samples import patient_clock
from support.scripted_server import ScriptedServer, in_turn

if TYPE_CHECKING:
    from oci_registry.remote.login import Login


class OneLogin:
    """A source that counts how often it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def find(self, registry: str, repository: str) -> Login | None:
        self.asked.append(f"{registry}/{repository}")
        return Password("me", ConcealedText("hunter2"), "the test")


def transport(host: str, credentials: OneLogin | None = None, **options: object) -> Transport:
    source = credentials or OneLogin()
    return Transport(host, credentials=source, environ={}, clock=patient_clock(), **options)  # type: ignore[arg-type]


def challenge(request: Received) -> Response:
    if "authorization" in request.headers:
        return Response(200, {}, request.headers["authorization"].encode())
    return Response.error(401, "UNAUTHORIZED", WWW_Authenticate='Basic realm="x"')


def test_https_is_used_without_a_look_wherever_plain_http_is_not_allowed() -> None:
    assert transport("registry.invalid:5000").base() == "https://registry.invalid:5000"


def test_plain_http_is_found_on_loopback() -> None:
    with ScriptedServer(challenge) as server:
        opened = transport(server.host)
        assert opened.base() == server.url
        opened.close()


def test_insecure_falls_back_to_plain_http(monkeypatch: pytest.MonkeyPatch) -> None:
    """TLS first; the plain server answers it with nonsense."""
    with ScriptedServer(in_turn(Response(200))) as server:
        opened = transport(server.host, options=ConnectionOptions(insecure=True))
        opened._is_loopback = False
        assert opened.base() == server.url
        opened.close()


def test_no_credentials_are_looked_up_before_they_are_asked_for() -> None:
    source = OneLogin()
    with ScriptedServer(in_turn(Response(200))) as server:
        opened = transport(server.host, source)
        opened.request("GET", "/v2/a", expect={200}, repository="a")
        opened.close()
    assert source.asked == []
    assert "authorization" not in server.requests[0].headers


def test_they_are_looked_up_once_a_repository_and_sent_from_then_on() -> None:
    source = OneLogin()
    with ScriptedServer(challenge) as server:
        opened = transport(server.host, source)
        for _ in range(2):
            opened.request("GET", "/v2/a", expect={200}, repository="team/a")
        opened.close()
    assert source.asked == [f"{server.host}/team/a"]
    assert ["authorization" in request.headers for request in server.requests] == [False, True, True]


def test_they_are_not_sent_to_another_origin() -> None:
    """A Location may name a storage server: it gets the bytes, not the password."""
    with ScriptedServer(challenge) as server, ScriptedServer(in_turn(Response(202))) as storage:
        opened = transport(server.host)
        opened.request("GET", "/v2/a", expect={200})
        opened.request("PUT", f"{storage.url}/upload", expect={202}, body=b"x")
        opened.close()
    assert "authorization" not in storage.requests[0].headers


def test_a_challenge_of_another_origin_is_not_answered() -> None:
    with ScriptedServer(challenge) as storage:
        location = Response(307, {"Location": f"{storage.url}/blob"})
        with ScriptedServer(in_turn(location)) as server:
            opened = transport(server.host)
            with pytest.raises(AccessDeniedError):
                opened.request("GET", "/v2/a", expect={200})
            opened.close()
    assert all("authorization" not in request.headers for request in storage.requests)


def test_a_password_that_the_server_quotes_is_not_shown() -> None:
    def quoting(request: Received) -> Response:
        if "authorization" not in request.headers:
            return challenge(request)
        return Response.error(400, "BAD", f"{request.headers['authorization']} is hunter2")

    with ScriptedServer(quoting) as server:
        opened = transport(server.host)
        with pytest.raises(RejectedError) as caught:
            opened.request("GET", "/v2/a", expect={200})
        opened.close()
    assert caught.value.detail == "BAD: Basic *** is ***"


@pytest.mark.parametrize(
    ("responses", "kind", "count"),
    [
        ([Response(404)], NotFoundError, 1),
        ([Response(405)], RejectedError, 1),
        ([Response(503)], UnavailableError, 5),
        ([Response(503), Response(404)], NotFoundError, 2),
    ],
)
def test_only_temporary_answers_are_asked_for_again(
    responses: list[Response], kind: type[Exception], count: int
) -> None:
    with ScriptedServer(in_turn(*responses)) as server:
        opened = transport(server.host)
        with pytest.raises(kind):
            opened.request("GET", "/v2/a", expect={200})
        opened.close()
    assert len(server.requests) == count


def test_what_must_not_be_repeated_is_not() -> None:
    with ScriptedServer(in_turn(Response(503))) as server:
        opened = transport(server.host)
        with pytest.raises(UnavailableError):
            opened.request("PATCH", "/v2/a", expect={202}, body=b"x", retried=False)
        opened.close()
    assert len(server.requests) == 1


def test_people_are_told_about_waiting() -> None:
    lines: list[str] = []
    with ScriptedServer(in_turn(Response(503), Response(200))) as server:
        opened = transport(server.host, report=lines.append)
        opened.request("GET", "/v2/a?secret=1", expect={200})
        opened.close()
    assert lines == [f"GET {server.url}/v2/a answered 503; trying again in 1.0 s"]


def huge(_: Received) -> Response:
    return Response(400, {}, b"x" * 10_000_000)


def test_the_body_of_an_error_is_capped() -> None:
    with ScriptedServer(huge) as server:
        opened = transport(server.host)
        with pytest.raises(RejectedError) as caught:
            opened.request("GET", "/v2/a", expect={200})
        opened.close()
    assert len(caught.value.detail) < 1000


@pytest.mark.parametrize(
    ("location", "expected"),
    [("/up/1?x=y", "{url}/up/1?x=y"), ("up", "{url}/v2/up"), ("{url}/up", "{url}/up")],
)
def test_locations_are_read_against_the_request(location: str, expected: str) -> None:
    with ScriptedServer(in_turn(Response(202))) as server:
        opened = transport(server.host)
        reply = opened.request("POST", "/v2/a", expect={202})
        found = opened.check_location(reply, location.format(url=server.url))
        assert found == expected.format(url=server.url)
        with pytest.raises(UnsafeRedirectError):
            opened.check_location(reply, "http://192.168.0.1/up")
        opened.close()


def test_the_first_request_finds_out_how_the_registry_is_spoken_to() -> None:
    """Nothing but it is sent for that, and what is answered to it counts."""
    asked: list[str] = []

    class Noting(LoopbackServer):
        def answer(self, request: Received) -> Response:
            asked.append(f"{request.method} {request.target}")
            return Response(200, {}, b"found")

    with Noting() as server:
        opened = transport(server.host)
        reply = opened.request("GET", "/v2/a/manifests/1", expect={200})
        opened.request("GET", "/v2/a/manifests/2", expect={200})
        opened.close()
    assert reply.body == b"found"
    assert asked == ["GET /v2/a/manifests/1", "GET /v2/a/manifests/2"]


def test_the_first_request_is_the_only_one_that_is_told_to_log_in() -> None:
    """The others wait for its answer, and know then."""
    with ScriptedServer(challenge) as server:
        opened = transport(server.host)

        def ask(number: int) -> bytes:
            return opened.request("GET", f"/v2/a/{number}", expect={200}, repository="a").body

        found = in_parallel(ask, range(4))
        opened.close()
    assert len(set(found)) == 1
    assert ["authorization" in request.headers for request in server.requests].count(False) == 1


@pytest.mark.parametrize("status", [400, 307])
def test_what_says_nothing_about_the_scheme_is_asked_again_after_a_plainer_request(status: int) -> None:
    """A 400 may be about the request, and where blobs are is no address of the registry."""
    with ScriptedServer(in_turn(Response(200, {}, b"blob"))) as storage:
        first = Response(status, {"Location": f"{storage.url}/blob"})
        with ScriptedServer(in_turn(first, first, Response(200))) as server:
            opened = transport(server.host)
            reply = opened.request("GET", "/v2/a/blobs/x", expect={200, 400})
            assert opened.base() == server.url
            opened.close()
    assert reply.status == (400 if status == 400 else 200)
