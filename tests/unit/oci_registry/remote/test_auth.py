"""Which header is sent when; the protocol with real servers is in the integration tests."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from oci_registry.errors import AccessDeniedError
from oci_registry.remote.auth import Authenticator, Token
from oci_registry.remote.login import IdentityToken, Login, Password, RegistryToken
from oci_registry.remote.scope import Scopes, TokenScope, pull, push
from oci_registry.remote.secret import ConcealedText

if TYPE_CHECKING:
    from oci_registry.remote.challenge import Challenge

ME = Password("me", ConcealedText("pw"), "the test")
BEARER = 'Bearer realm="https://auth.example/token"'


@dataclass
class Tokens:
    """Numbered tokens that live for 100 seconds."""

    fetched: list[Scopes] = field(default_factory=list)

    def fetch(self, challenge: Challenge, scopes: Scopes, login: Login | None) -> Token:  # noqa: ARG002
        self.fetched.append(scopes)
        return Token(ConcealedText(f"token-{len(self.fetched)}"), 1100.0, 100.0)


@dataclass
class Source:
    login: Login | None

    def find(self, registry: str, repository: str) -> Login | None:  # noqa: ARG002
        return self.login


def authenticator(login: Login | None, now: list[float] | None = None) -> tuple[Authenticator, Tokens]:
    tokens, time = Tokens(), now or [1000.0]
    return Authenticator("x.io", Source(login), tokens, lambda: time[0]), tokens


def test_nothing_is_sent_until_it_is_asked_for() -> None:
    auth, _ = authenticator(ME)
    assert auth.header(pull("a"), "a") is None
    assert auth.challenged('Basic realm="x"', pull("a"), "a", None)
    assert auth.header(pull("a"), "a") == ME.basic()


def test_a_password_is_not_tried_twice() -> None:
    auth, _ = authenticator(ME)
    assert not auth.challenged('Basic realm="x"', pull("a"), "a", ME.basic())


def test_without_a_password_a_basic_challenge_cannot_be_answered() -> None:
    auth, _ = authenticator(None)
    assert not auth.challenged('Basic realm="x"', pull("a"), "a", None)


@pytest.mark.parametrize("header", ["", "Negotiate", "Digest realm=x", "Bearer", "nonsense ="])
def test_challenges_that_we_cannot_answer(header: str) -> None:
    auth, _ = authenticator(ME)
    assert not auth.challenged(header, pull("a"), "a", None)
    assert auth.header(pull("a"), "a") is None


def test_a_token_is_preferred_to_a_password() -> None:
    auth, _ = authenticator(ME)
    assert auth.challenged(f'Basic realm="x", {BEARER}', pull("a"), "a", None)
    assert auth.header(pull("a"), "a") == "Bearer token-1"


def test_tokens_are_kept_per_set_of_scopes() -> None:
    auth, tokens = authenticator(ME)
    auth.challenged(BEARER, pull("a"), "a", None)
    headers = [auth.header(scopes, "a") for scopes in (pull("a"), push("a"), pull("a"), pull("b"), push("a"))]
    assert headers == [f"Bearer token-{number}" for number in (1, 2, 1, 3, 2)]
    assert tokens.fetched == [pull("a"), push("a"), pull("b")]


def test_a_token_is_replaced_shortly_before_it_expires() -> None:
    now = [1000.0]
    auth, _ = authenticator(ME, now)
    auth.challenged(BEARER, pull("a"), "a", None)
    headers = []
    for now[0] in (1000.0, 1089.0, 1091.0):
        headers.append(auth.header(pull("a"), "a"))
    assert headers == ["Bearer token-1", "Bearer token-1", "Bearer token-2"]


def test_a_larger_scope_is_asked_for_when_the_registry_names_it() -> None:
    """And from then on at once."""
    auth, tokens = authenticator(ME)
    auth.challenged(BEARER, pull("a"), "a", None)
    sent = auth.header(pull("a"), "a")
    assert auth.challenged(f'{BEARER},scope="repository:a:pull,delete"', pull("a"), "a", sent)
    auth.header(pull("a"), "a")
    auth.header(pull("a"), "a")
    assert tokens.fetched == [pull("a"), frozenset({TokenScope("a", frozenset({"pull", "delete"}))})]


def test_a_refused_token_is_replaced() -> None:
    auth, _ = authenticator(ME)
    auth.challenged(BEARER, pull("a"), "a", None)
    sent = auth.header(pull("a"), "a")
    assert auth.challenged(BEARER, pull("a"), "a", sent)
    assert auth.header(pull("a"), "a") == "Bearer token-2"


def test_one_that_another_thread_has_replaced_is_kept() -> None:
    """Of four uploads whose token expired, the first fetches the new one for all."""
    auth, tokens = authenticator(ME)
    auth.challenged(BEARER, pull("a"), "a", None)
    stale = auth.header(pull("a"), "a")
    for _ in range(4):
        assert auth.challenged(BEARER, pull("a"), "a", stale)
        assert auth.header(pull("a"), "a") == "Bearer token-2"
    assert len(tokens.fetched) == 2


def test_a_ready_token_is_sent_as_it_is_and_only_once() -> None:
    auth, tokens = authenticator(RegistryToken(ConcealedText("ready"), "the test"))
    assert auth.challenged(BEARER, pull("a"), "a", None)
    assert auth.header(pull("a"), "a") == "Bearer ready"
    assert not auth.challenged(BEARER, pull("a"), "a", "Bearer ready")
    assert tokens.fetched == []


@pytest.mark.parametrize("token", ["with blank", "line\nbreak", "grün", "\x00"])
def test_a_token_that_cannot_be_a_header_is_told_without_showing_it(token: str) -> None:
    auth, _ = authenticator(RegistryToken(ConcealedText(token), "the test"))
    auth.challenged(BEARER, pull("a"), "a", None)
    with pytest.raises(AccessDeniedError) as caught:
        auth.header(pull("a"), "a")
    assert token not in str(caught.value)


def test_an_identity_token_is_no_password() -> None:
    auth, _ = authenticator(IdentityToken(ConcealedText("x"), "the test"))
    auth.challenged('Basic realm="x"', pull("a"), "a", None)
    with pytest.raises(AccessDeniedError, match="user and password"):
        auth.header(pull("a"), "a")


_LONG = 30.0  # seconds that nothing here takes unless it hangs


class SlowTokens(Tokens):
    """A token server that answers when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.answer = threading.Event(), threading.Event()

    def fetch(self, challenge: Challenge, scopes: Scopes, login: Login | None) -> Token:
        self.asked.set()
        assert self.answer.wait(_LONG)
        return super().fetch(challenge, scopes, login)


def test_nobody_waits_for_a_token_but_who_needs_it() -> None:
    """And of those the first fetches it for all: uploads of one push begin at the same moment."""
    tokens = SlowTokens()
    auth = Authenticator("x.io", Source(ME), tokens, lambda: 1000.0)
    auth.challenged(BEARER, pull("a"), "a", None)
    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(auth.header, pull("a"), "a") for _ in range(4)]
        assert tokens.asked.wait(_LONG)
        assert ME.password.reveal() in auth.secrets()  # an error of another request is explained meanwhile
        assert "user 'me'" in auth.explain(AccessDeniedError("no"), "a").advice
        assert auth.challenged(BEARER, push("b"), "b", None)
        tokens.answer.set()
        assert {one.result(_LONG) for one in waiting} == {"Bearer token-1"}
    assert tokens.fetched == [pull("a")]
