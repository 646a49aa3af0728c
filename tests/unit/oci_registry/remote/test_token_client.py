"""Fetching tokens: what is sent where, and what is refused."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from oci_registry.errors import AccessDeniedError, RegistryError, UnavailableError, UnsafeRedirectError
from oci_registry.remote.challenge import Challenge
from oci_registry.remote.login import IdentityToken, Password
from oci_registry.remote.retry import RetryPolicy
from oci_registry.remote.scope import pull, push, union
from oci_registry.remote.secret import ConcealedText
from oci_registry.remote.token_client import TokenClient
from oci_registry.remote.wire import ConnectionOptions, Wire
from oci_registry.testing.loopback import Received, Response
from oci_registry.testing.samples import patient_clock
from support.scripted_server import ScriptedServer, in_turn

if TYPE_CHECKING:
    from oci_registry.remote.auth import Token
    from oci_registry.remote.scope import Scopes

ME = Password("me", ConcealedText("hunter2"), "the test")
TOKEN = Response.of_json({"token": "t", "expires_in": 100})


def fetch(
    realm: str, login: Password | IdentityToken | None, scopes: Scopes, home: str = "http://127.0.0.1:5000"
) -> Token:
    with closing(Wire("127.0.0.1", ConnectionOptions(), {}, resolver=lambda _: ())) as wire:
        server = TokenClient(wire, lambda: home, RetryPolicy(), patient_clock(now=lambda: 1000.0))
        return server.fetch(Challenge("bearer", {"realm": realm, "service": "a b"}), scopes, login)


def test_a_password_and_the_scopes_are_sent() -> None:
    with ScriptedServer(in_turn(TOKEN)) as server:
        token = fetch(f"{server.url}/token?x=1", ME, union(push("b"), pull("a")))
    (request,) = server.requests
    assert (request.method, request.headers["authorization"]) == ("GET", ME.basic())
    assert request.query == {
        "x": ["1"],
        "service": ["a b"],
        "scope": ["repository:a:pull", "repository:b:pull,push"],
    }
    assert (token.secret, token.expires) == (ConcealedText("t"), 1100)


def test_anonymously_without_a_login() -> None:
    with ScriptedServer(in_turn(TOKEN)) as server:
        fetch(f"{server.url}/token", None, pull("a"))
    assert "authorization" not in server.requests[0].headers


def test_an_identity_token_goes_in_a_form_and_not_in_the_url() -> None:
    with ScriptedServer(in_turn(Response.of_json({"access_token": "t"}))) as server:
        token = fetch(
            f"{server.url}/token", IdentityToken(ConcealedText("re fresh"), "x"), union(push("b"), pull("a"))
        )
    (request,) = server.requests
    assert (request.method, request.target) == ("POST", "/token")
    form = Received("", "/?" + request.body.decode(), {}, b"")
    assert form.parameter("grant_type") == "refresh_token"
    assert form.parameter("refresh_token") == "re fresh"
    assert form.parameter("scope") == "repository:a:pull repository:b:pull,push"
    assert token.expires == 1060  # the specification's default of a minute


@pytest.mark.parametrize("expires", ["soon", -5, 0, None, True])
def test_a_nonsensical_lifetime_is_a_minute(expires: object) -> None:
    with ScriptedServer(in_turn(Response.of_json({"token": "t", "expires_in": expires}))) as server:
        assert fetch(f"{server.url}/token", None, pull("a")).expires == 1060


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_refusal_says_whose_credentials_they_were_but_not_what_the_server_says(status: int) -> None:
    with (
        ScriptedServer(in_turn(Response(status, {}, b"bad: hunter2"))) as server,
        pytest.raises(AccessDeniedError) as caught,
    ):
        fetch(f"{server.url}/token", ME, pull("a"))
    assert "the test" in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert len(server.requests) == 1


def test_a_tired_token_server_is_asked_again() -> None:
    with ScriptedServer(in_turn(Response(503), TOKEN)) as server:
        assert fetch(f"{server.url}/token", ME, pull("a")).secret == ConcealedText("t")
    with (
        ScriptedServer(in_turn(Response(503, {}, b"hunter2"))) as server,
        pytest.raises(UnavailableError) as caught,
    ):
        fetch(f"{server.url}/token", ME, pull("a"))
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'"hunter2"', b'{"token": 3}', b'{"token": "", "x": "hunter2"}']
)
def test_an_answer_without_a_token(body: bytes) -> None:
    with (
        ScriptedServer(in_turn(Response(200, {}, body))) as server,
        pytest.raises(RegistryError, match="did not answer with a token") as caught,
    ):
        fetch(f"{server.url}/token", ME, pull("a"))
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("home", "realm"),
    [
        ("https://registry.invalid", "http://auth.invalid/token"),
        ("http://registry.invalid", "http://auth.invalid/token"),
        ("https://registry.invalid", "https://10.0.0.1/token"),
        ("https://registry.invalid", "http://127.0.0.1:8000/token"),
        ("http://127.0.0.1:5000", "http://auth.invalid/token"),
        ("https://registry.invalid", "file:///token"),
        ("https://registry.invalid", "token"),
    ],
)
def test_a_password_is_not_sent_unencrypted_or_into_our_network(home: str, realm: str) -> None:
    with pytest.raises(UnsafeRedirectError):
        fetch(realm, ME, pull("a"), home)


def test_a_redirected_password_does_not_reach_others() -> None:
    with ScriptedServer(in_turn(TOKEN)) as other:
        redirect = Response(302, {"Location": f"{other.url}/token"})
        with ScriptedServer(in_turn(redirect)) as server:
            fetch(f"{server.url}/token", ME, pull("a"))
    assert "authorization" not in other.requests[0].headers
