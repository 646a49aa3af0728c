"""Answering a registry's challenge: Basic, or bearer tokens fetched for just the scopes that a request needs.

Token protocol: distribution, 'Token Authentication Specification' and 'OAuth2 Token Authentication'.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from oci_registry.errors import AccessDeniedError
from oci_registry.remote.challenge import Challenge, parse_challenges
from oci_registry.remote.credentials import Nobody
from oci_registry.remote.login import IdentityToken, Password, RegistryToken
from oci_registry.remote.scope import Scopes, parse_scopes, union
from oci_registry.shared_calls import SharedCalls

if TYPE_CHECKING:
    from collections.abc import Callable

    from oci_registry.remote.credentials import CredentialSource
    from oci_registry.remote.login import Login
    from oci_registry.remote.secret import ConcealedText

# A token is replaced this long before it expires (seconds), or at half its life if that is shorter.
_MARGIN = 10.0


@dataclass(frozen=True)
class Token:
    """A bearer token and until when it is good (seconds since the epoch)."""

    secret: ConcealedText
    expires: float
    lifetime: float

    def fresh(self, now: float) -> bool:
        """Whether it can still be sent."""
        return now < self.expires - min(_MARGIN, self.lifetime / 2)


class TokenSource(Protocol):
    """The token server."""

    def fetch(self, challenge: Challenge, scopes: Scopes, login: Password | IdentityToken | None) -> Token:
        """Fetch a token. Raises AccessDeniedError if the login is refused."""


class Authenticator:
    """What one registry asked for, who we are there, and the tokens we got. Safe for several threads."""

    def __init__(
        self, registry: str, credentials: CredentialSource, tokens: TokenSource, now: Callable[[], float]
    ) -> None:
        self._registry = registry
        self._credentials = credentials
        self._source = tokens
        self._now = now
        self._lock = threading.Lock()  # never held while a server or a helper is asked
        self._fetching = SharedCalls[Token]()
        self._finding = SharedCalls["Login | None"]()
        self._challenge: Challenge | None = None
        self._logins: dict[str, Login | None] = {}
        self._tokens: dict[Scopes, Token] = {}
        self._widened: dict[Scopes, Scopes] = {}

    def header(self, scopes: Scopes, repository: str) -> str | None:
        """Return the Authorization header for a request; None while the registry has not asked for one.

        Raises AccessDeniedError, CredentialError, UnavailableError.
        """
        challenge = self._challenge
        if challenge is None:
            return None
        login = self._login(repository)
        if challenge.scheme == "basic":
            return self._basic(login)
        if isinstance(login, RegistryToken):
            return _bearer(login.token, login.source)
        with self._lock:
            wanted = self._widened.get(scopes, scopes)
        return _bearer(self._token(challenge, wanted, login).secret, "the token server")

    def challenged(self, header: str, scopes: Scopes, repository: str, sent: str | None) -> bool:
        """Learn from a 401 to a request that carried `sent`; whether sending it again makes sense."""
        with self._lock:
            challenge = self._challenge = _choose(parse_challenges(header)) or self._challenge
        if challenge is None:
            return False
        if challenge.scheme == "basic":
            return sent is None and self._login(repository) is not None
        with self._lock:
            wanted = self._widen(challenge, scopes)
            token = self._tokens.get(wanted)
            if token is not None and sent == f"Bearer {token.secret.reveal()}":
                del self._tokens[wanted]  # expired early, or revoked
        return not (sent is not None and isinstance(self._login(repository), RegistryToken))

    def explain(self, error: AccessDeniedError, repository: str) -> AccessDeniedError:
        """Add to a refusal who we were."""
        with self._lock:
            login = self._logins.get(repository)
        if isinstance(self._credentials, Nobody):
            error.advice = (
                f"no credentials were used, as was asked: not everybody may read {repository!r};"
                " make it public, or look with credentials"
            )
        elif login is None:
            error.advice = (
                f"no credentials for {self._registry} were used: log in (docker login, podman login,"
                " skopeo login), or set STRATA_REGISTRY_HOST, STRATA_REGISTRY_USERNAME and"
                " STRATA_REGISTRY_PASSWORD"
            )
        else:
            name = (
                f"user {login.username!r} of {login.source}" if isinstance(login, Password) else login.source
            )
            error.advice = (
                f"the credentials were those of {name}: check them, and the rights on {repository!r}"
            )
        return error

    def secrets(self) -> tuple[str, ...]:
        """Return every secret text that may have been sent, so that none is shown if a server quotes it."""
        with self._lock:
            texts = [token.secret.reveal() for token in self._tokens.values()]
            for login in self._logins.values():
                if isinstance(login, Password):
                    texts += [login.basic().removeprefix("Basic "), login.password.reveal()]
                elif login is not None:
                    texts.append(login.token.reveal())
            return tuple(texts)

    def _basic(self, login: Login | None) -> str | None:
        if login is None:
            return None
        if not isinstance(login, Password):
            raise AccessDeniedError(
                f"{self._registry} wants user and password, and there is only a token",
                detail=f"it comes from {login.source}",
            )
        return login.basic()

    def _login(self, repository: str) -> Login | None:
        def find() -> Login | None:
            with self._lock:
                if repository in self._logins:
                    return self._logins[repository]
            login = self._credentials.find(self._registry, repository)
            with self._lock:
                self._logins[repository] = login
            return login

        return self._finding.run(repository, find)

    def _token(self, challenge: Challenge, scopes: Scopes, login: Password | IdentityToken | None) -> Token:
        def fetch() -> Token:
            with self._lock:
                token = self._tokens.get(scopes)
            if token is None or not token.fresh(self._now()):
                token = self._source.fetch(challenge, scopes, login)
                with self._lock:
                    self._tokens[scopes] = token
            return token

        return self._fetching.run(scopes, fetch)

    def _widen(self, challenge: Challenge, scopes: Scopes) -> Scopes:
        """Ask for more from now on if the registry named a scope that the request's own do not cover."""
        named = parse_scopes(challenge.parameters.get("scope", ""))
        wanted = union(self._widened.get(scopes, scopes), named)
        if wanted != scopes:
            self._widened[scopes] = wanted
        return wanted


def _bearer(token: ConcealedText, source: str) -> str:
    text = token.reveal()
    if not text.isascii() or not text.isprintable() or " " in text:
        raise AccessDeniedError(f"the token of {source} has characters that no token has")
    return f"Bearer {text}"


def _choose(challenges: tuple[Challenge, ...]) -> Challenge | None:
    """Prefer a bearer token, which is short-lived and narrow, to a password."""
    usable = [
        challenge
        for challenge in challenges
        if challenge.scheme == "basic" or (challenge.scheme == "bearer" and challenge.parameters.get("realm"))
    ]
    return max(usable, key=lambda challenge: challenge.scheme == "bearer", default=None)
