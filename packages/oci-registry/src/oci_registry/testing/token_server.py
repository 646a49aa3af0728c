"""A token server: bearer tokens with scopes, for users, refresh tokens and anybody."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from oci_registry.testing.access import basic_user
from oci_registry.testing.loopback import LoopbackServer, Received, Response

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping

    from oci_registry.testing.access import RequestedScope

Sign: TypeAlias = "Callable[[Mapping[str, Any]], str]"
# Whether a user (None: anonymous) may do an action on a repository.
Permits: TypeAlias = "Callable[[str | None, str, str], bool]"


def users_push_all_pull(user: str | None, repository: str, action: str) -> bool:  # noqa: ARG001
    """Let anybody pull and users do everything."""
    return action == "pull" or user is not None


@dataclass(frozen=True)
class Issued:
    """A token that was given out."""

    user: str | None
    scopes: tuple[str, ...]  # as asked for
    grant: str  # password, refresh_token or anonymous


class TokenServer(LoopbackServer):
    """Issues tokens: `GET /token` with a password or anonymously, `POST /token` with a refresh token.

    `sign` makes the token of its claims; without it, it is a JWT that only this server can check (HS256).
    `now` gives seconds since the epoch. `issued` lists what was given out.
    """

    def __init__(
        self,
        *,
        users: Mapping[str, str],
        refresh_tokens: Mapping[str, str] | None = None,
        permits: Permits = users_push_all_pull,
        service: str = "tests",
        issuer: str = "token server of the tests",
        lifetime: int = 300,
        sign: Sign | None = None,
        now: Callable[[], float] = time.time,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(tls=tls)
        self.service = service
        self.lifetime = lifetime
        self.issued: list[Issued] = []
        self._issuer = issuer
        self._users = users
        self._refresh = refresh_tokens or {}
        self._permits = permits
        self._key = secrets.token_bytes(32)
        self._sign = sign or self._sign_with_key
        self._now = now
        self._lock = threading.Lock()
        self._revoked: set[str] = set()
        self._tokens: list[str] = []

    def revoke_all(self) -> None:
        """Make every token given out so far worthless."""
        with self._lock:
            self._revoked.update(self._tokens)

    def granted(self, token: str) -> frozenset[tuple[str, str]] | None:
        """Return what a token of our own key allows, as (repository, action); None if it is not good."""
        parts = token.split(".")
        if len(parts) != len(("header", "claims", "signature")) or token in self._revoked:
            return None
        if not hmac.compare_digest(self._signature(f"{parts[0]}.{parts[1]}"), parts[2]):
            return None
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        if claims["exp"] <= self._now():
            return None
        return frozenset((entry["name"], action) for entry in claims["access"] for action in entry["actions"])

    def answer(self, request: Received) -> Response:
        """Answer a request for a token."""
        if request.path != "/token" or request.method not in ("GET", "POST"):
            return Response(404)
        if request.method == "POST":
            return self._refreshed(request)
        scopes = [word for value in request.query.get("scope", ()) for word in value.split()]
        authorization = request.headers.get("authorization")
        if authorization is None:
            return self._issue(None, scopes, "anonymous")
        user = basic_user(authorization, self._users)
        if user is None:
            return Response.error(401, "UNAUTHORIZED", "wrong user or password")
        return self._issue(user, scopes, "password")

    def _refreshed(self, request: Received) -> Response:
        form = Received("POST", "/?" + request.body.decode(), {}, b"")
        user = self._refresh.get(form.parameter("refresh_token"))
        if form.parameter("grant_type") != "refresh_token" or user is None:
            return Response.error(400, "UNAUTHORIZED", "invalid grant")
        return self._issue(user, form.parameter("scope").split(), "refresh_token")

    def _issue(self, user: str | None, scopes: list[str], grant: str) -> Response:
        now = int(self._now())
        claims = {
            "iss": self._issuer,
            "sub": user or "",
            "aud": self.service,
            "exp": now + self.lifetime,
            "nbf": now - 5,
            "iat": now,
            "jti": secrets.token_hex(8),
            "access": [self._access(user, scope) for scope in scopes],
        }
        token = self._sign(claims)
        with self._lock:
            self._tokens.append(token)
            self.issued.append(Issued(user, tuple(scopes), grant))
        key = "access_token" if grant == "refresh_token" else "token"
        return Response.of_json({key: token, "expires_in": self.lifetime})

    def _access(self, user: str | None, scope: str) -> dict[str, object]:
        kind, _, rest = scope.partition(":")
        name, _, actions = rest.rpartition(":")
        allowed = [action for action in actions.split(",") if self._permits(user, name, action)]
        return {"type": kind, "name": name, "actions": allowed}

    def _sign_with_key(self, claims: Mapping[str, Any]) -> str:
        signed = ".".join(encoded_json(part) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
        return f"{signed}.{self._signature(signed)}"

    def _signature(self, signed: str) -> str:
        return base64url(hmac.new(self._key, signed.encode(), hashlib.sha256).digest())


def base64url(content: bytes) -> str:
    """Encode as JWTs do: URL-safe, without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def encoded_json(document: Mapping[str, Any]) -> str:
    """Encode a part of a JWT."""
    return base64url(json.dumps(document, separators=(",", ":")).encode())


@dataclass(frozen=True)
class BearerGuard:
    """Lets in who has a token of a token server for every scope; even `/v2/` wants a token."""

    tokens: TokenServer

    def refuse(self, request: Received, scopes: tuple[RequestedScope, ...]) -> Response | None:
        """Refuse requests without a token, with an expired one, or with one that allows less."""
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        wanted = " ".join(map(str, scopes))
        challenge = f'Bearer realm="{self.tokens.url}/token",service="{self.tokens.service}"'
        if wanted:
            challenge += f',scope="{wanted}"'
        granted = self.tokens.granted(token) if kind.lower() == "bearer" else None
        if granted is None:
            return Response.error(401, "UNAUTHORIZED", WWW_Authenticate=challenge)
        if all((scope.repository, scope.action) in granted for scope in scopes):
            return None
        challenge += ',error="insufficient_scope"'
        return Response.error(401, "UNAUTHORIZED", WWW_Authenticate=challenge)
