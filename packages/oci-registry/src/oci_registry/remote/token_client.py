"""Fetching bearer tokens from the server that a registry names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from buildpack_common.parsing import parse_json
from oci_registry.errors import AccessDeniedError, RegistryError, UnsafeRedirectError
from oci_registry.reference import is_loopback
from oci_registry.remote.auth import Token
from oci_registry.remote.error_answers import error_for, redacted
from oci_registry.remote.login import IdentityToken, Password
from oci_registry.remote.retry import Attempts, Clock, RetryPolicy, retry_after_seconds, with_retries
from oci_registry.remote.secret import ConcealedText
from oci_registry.remote.wire import RegistryRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from oci_registry.remote.challenge import Challenge
    from oci_registry.remote.scope import Scopes
    from oci_registry.remote.wire import Wire

_LIMIT = 1024 * 1024
_DEFAULT_LIFETIME = 60.0  # seconds, if the server gives none (token specification)
_LONGEST_LIFETIME = 24 * 60 * 60.0  # no run takes longer; a number of JSON may be too large for a float
_CLIENT = "buildpack-release"
_OK = 200
_REFUSED = (400, 401, 403)


@dataclass(frozen=True)
class TokenClient:
    """The token server of the registry at `home` (its base URL, which is known late)."""

    wire: Wire
    home: Callable[[], str]
    policy: RetryPolicy
    clock: Clock
    insecure: bool = False

    def fetch(self, challenge: Challenge, scopes: Scopes, login: Password | IdentityToken | None) -> Token:
        """Fetch a token for scopes, anonymously without a login.

        Raises AccessDeniedError if refused, UnavailableError, UnsafeRedirectError if the realm is not a place
        to send credentials to.
        """
        realm = challenge.parameters["realm"]
        self._check_realm(realm)
        service = challenge.parameters.get("service", "")
        request = _request(realm, service, sorted(map(str, scopes)), login)
        attempts = Attempts(self.policy, self.clock)
        return with_retries(lambda: self._attempt(request, login), attempts)

    def _check_realm(self, realm: str) -> None:
        home = self.home()
        self.wire.check_target(home, realm)
        parts = urlsplit(realm)
        same_host = parts.hostname == urlsplit(home).hostname
        if (
            parts.scheme != "https"
            and not is_loopback(parts.hostname or "")
            and not (self.insecure and same_host)
        ):
            raise UnsafeRedirectError(
                f"the registry wants our credentials sent without encryption to {redacted(realm)}"
            )

    def _attempt(self, request: RegistryRequest, login: Password | IdentityToken | None) -> Token:
        answer = self.wire.send(request)
        if answer.status == _OK:
            return _token(answer.read(_LIMIT), request.url, self.clock.now())
        if answer.status in _REFUSED:  # the body is not shown: it may quote what we sent
            answer.close()
            title = f"the token server {redacted(request.url)} refused us with status {answer.status}"
            who = f"the credentials come from {login.source}" if login else "no credentials were sent"
            raise AccessDeniedError(title, detail=who, status=answer.status)
        body = answer.read_some()
        wait = retry_after_seconds(answer.headers.get("Retry-After"), now=self.clock.now())
        secret = (login.password if isinstance(login, Password) else login.token).reveal() if login else ""
        raise error_for(request.method, request.url, answer.status, body, retry_after=wait, secrets=(secret,))


def _request(
    realm: str, service: str, scopes: list[str], login: Password | IdentityToken | None
) -> RegistryRequest:
    if isinstance(login, IdentityToken):
        form = {
            "grant_type": "refresh_token",
            "service": service,
            "client_id": _CLIENT,
            "scope": " ".join(scopes),
            "refresh_token": login.token.reveal(),
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return RegistryRequest("POST", realm, headers, urlencode(form).encode())
    query = [("service", service)] if service else []
    query += [("scope", scope) for scope in scopes]
    parts = urlsplit(realm)
    query = parse_qsl(parts.query, keep_blank_values=True) + query
    url = urlunsplit(parts._replace(query=urlencode(query), fragment=""))
    return RegistryRequest("GET", url, {"Authorization": login.basic()} if login else {})


def _token(body: bytes, url: str, now: float) -> Token:
    try:
        document = parse_json(body)
        text = document.get("token") or document.get("access_token")
        given = document.get("expires_in")
    except (ValueError, AttributeError):  # their text would quote the token
        text = given = None
    if not isinstance(text, str) or not text:
        raise RegistryError(f"the token server {redacted(url)} did not answer with a token") from None
    known = isinstance(given, (int, float)) and not isinstance(given, bool) and given > 0
    lifetime = float(min(given, _LONGEST_LIFETIME)) if known and given is not None else _DEFAULT_LIFETIME
    return Token(ConcealedText(text), now + lifetime, lifetime)
