"""Requests to one registry: base URL, authorisation, retries; answers become replies or typed errors."""

from __future__ import annotations

import copy
import os
import threading
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from oci_registry.errors import AccessDeniedError, RegistryError, UnavailableError
from oci_registry.reference import hostname, is_loopback, registry_host
from oci_registry.remote.address import Resolver, origin, resolve, stay_secure
from oci_registry.remote.auth import Authenticator
from oci_registry.remote.credentials import CredentialSource, Keychain
from oci_registry.remote.error_answers import error_for
from oci_registry.remote.response import ERROR_LIMIT, RegistryResponse, Reply
from oci_registry.remote.retry import Attempts, Clock, RetryPolicy, retry_after_seconds, with_retries
from oci_registry.remote.scope import NO_SCOPES, Scopes
from oci_registry.remote.token_client import TokenClient
from oci_registry.remote.wire import Body, ConnectionOptions, RegistryRequest, TLSError, Wire
from oci_registry.shared_calls import SharedCalls

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

_BAD_REQUEST, _UNAUTHORIZED = 400, 401
_WITHOUT_BODY = ("GET", "HEAD")
_PING = RegistryRequest("GET", "/v2/")


class Transport:
    """The way to one registry (`host[:port]`). Safe to use from several threads; close it at the end.

    Without `credentials` they are looked up in the usual places of `environ` (os.environ) once the registry
    asks. `report` gets a line for people when something is tried again.
    """

    def __init__(
        self,
        registry: str,
        *,
        options: ConnectionOptions | None = None,
        credentials: CredentialSource | None = None,
        environ: Mapping[str, str] | None = None,
        policy: RetryPolicy | None = None,
        clock: Clock | None = None,
        report: Callable[[str], None] = lambda _: None,
        resolver: Resolver = resolve,
    ) -> None:
        environ = os.environ if environ is None else environ
        self.registry = registry
        self.has_referrers: bool | None = None  # unknown, until the first has asked
        # Set once the registry has not taken a whole blob in the request that begins an upload.
        self.wants_sessions = threading.Event()
        self.lacked_referrers = False  # when an earlier run asked
        self.referrers_failed = False  # the answer was that of a server which is broken, or of none
        self.asking_for_referrers = SharedCalls[None]()
        self.clock = clock or Clock()
        self._policy = policy or RetryPolicy()
        self._report = report
        self._stop = threading.Event()
        self._options = options or ConnectionOptions()
        host = hostname(registry_host(registry))
        self._is_loopback = is_loopback(host)
        self._may_be_plain = self._options.insecure or self._is_loopback
        self._base: str | None = None
        self._finding_base = SharedCalls[None]()
        self._wire = Wire(host, self._options, environ, resolver=resolver)
        tokens = TokenClient(self._wire, self.base, self._policy, self.clock, insecure=self._options.insecure)
        credentials = credentials or Keychain.from_environment(environ)
        self._auth = Authenticator(registry, credentials, tokens, self.clock.now)

    def close(self) -> None:
        """Close the connections."""
        self._wire.close()

    def attempts(self) -> Attempts:
        """Return the tries for one operation."""
        return Attempts(self._policy, self.clock, self._report, self._stop)

    def stoppable(self, stop: threading.Event) -> Transport:
        """Return the same transport, which no longer tries again once the event is set."""
        other = copy.copy(self)
        other._stop = stop  # noqa: SLF001 (our own)
        return other

    def base(self) -> str:
        """Return `scheme://host[:port]`; https, or what answers where plain HTTP is allowed.

        Raises UnavailableError if neither does.
        """
        if self._base is None and not self._may_be_plain:
            self._base = self._secure
        if self._base is None:
            answer = self._introduce(_PING, NO_SCOPES, "")
            if answer is not None:
                answer.read_some()
        return self._base or self._secure

    @property
    def _secure(self) -> str:
        return f"https://{registry_host(self.registry)}"

    def _introduce(
        self, request: RegistryRequest, scopes: Scopes, repository: str
    ) -> RegistryResponse | None:
        """Let the first request of all find the base: alone, without credentials. Return its answer.

        Others wait for that, so that they need not find out for themselves that the registry asks who we
        are. None if another request was the first, or if this one said nothing about the base.
        """
        answers: list[RegistryResponse] = []

        def find() -> None:
            if self._base is not None:
                return
            base = self._find_base(request, answers)
            if answers and answers[0].status == _UNAUTHORIZED:
                challenge = answers[0].headers.get("WWW-Authenticate", "")
                self._auth.challenged(challenge, scopes, repository, None)
            self._base = base

        self._finding_base.run("base", find)
        return answers[0] if answers else None

    def _find_base(self, request: RegistryRequest, answers: list[RegistryResponse]) -> str:
        """Try on loopback plain HTTP first, at insecure registries TLS first."""
        secure, plain = self._secure, f"http://{registry_host(self.registry)}"
        if not self._may_be_plain:
            answers.append(self._wire.send(replace(request, url=urljoin(secure, request.url))))
            return secure
        first, second = (plain, secure) if self._is_loopback else (secure, plain)
        try:
            if self._answers(first, request, answers):
                return first
        except UnavailableError as error:
            if isinstance(error, TLSError) and error.untrusted:
                raise
            return self._second_choice(second, error, request, answers)
        return second

    def _second_choice(
        self,
        base: str,
        first: UnavailableError,
        request: RegistryRequest,
        answers: list[RegistryResponse],
    ) -> str:
        """Take the other scheme if it works. If not, the first one's error is the one to tell and retry."""
        try:
            if self._answers(base, request, answers):
                return base
        except UnavailableError as error:
            if isinstance(error, TLSError) and error.untrusted:
                raise
        raise first

    def _answers(self, base: str, request: RegistryRequest, answers: list[RegistryResponse]) -> bool:
        """Whether a server speaks HTTP there; 400 is what one says that was to be spoken to in TLS.

        Where a request may be answered so for other reasons, or by another host, a plainer one decides.
        """
        answer = self._wire.send(replace(request, url=urljoin(base, request.url)))
        if answer.status != _BAD_REQUEST and origin(answer.url) == origin(base):
            answers.append(answer)
            return True
        answer.read_some()
        if request is _PING:
            return False
        plainer: list[RegistryResponse] = []
        is_own = self._answers(base, _PING, plainer)
        for one in plainer:
            one.read_some()
        return is_own

    def request(
        self,
        method: str,
        path: str,
        *,
        expect: Collection[int],
        repository: str = "",
        scopes: Scopes = NO_SCOPES,
        headers: Mapping[str, str] | None = None,
        body: Body = None,
        limit: int = ERROR_LIMIT,
        retried: bool = True,
        stays: bool = False,
    ) -> Reply:
        """Send a request to a path or URL and read the answer, of at most `limit` bytes.

        `repository` says whose credentials count. Raises RegistryError of the fitting class for any status
        not in `expect`, after the retries that make sense (none if not `retried`: for what cannot simply be
        sent again). If it `stays`, a redirect to another origin is such a status, and not followed.
        """

        def once() -> Reply:
            request = RegistryRequest(method, path, headers or {}, body, stays=stays)
            answer = self._authorized(request, scopes, repository)
            if answer.status not in expect:
                raise self._error(answer, repository)
            return Reply(answer.status, answer.headers, answer.read(limit), answer.url)

        return with_retries(once, self.attempts()) if retried else once()

    @contextmanager
    def open(
        self,
        path: str,
        *,
        expect: Collection[int],
        repository: str,
        scopes: Scopes,
        headers: Mapping[str, str] | None = None,
    ) -> Iterator[RegistryResponse]:
        """GET something large, once, for streaming; the caller tries again where it broke off."""
        answer = self._authorized(RegistryRequest("GET", path, headers or {}), scopes, repository)
        try:
            if answer.status not in expect:
                raise self._error(answer, repository)
            yield answer
        finally:
            answer.close()

    def check_location(self, reply: Reply, location: str) -> str:
        """Return the absolute URL of a Location. Raises UnsafeRedirectError if it leads to no safe place."""
        target = stay_secure(self.base(), urljoin(reply.url, location))
        self._wire.check_target(self.base(), target)
        return target

    def _authorized(self, request: RegistryRequest, scopes: Scopes, repository: str) -> RegistryResponse:
        """Send with what we know of authorisation; answer one challenge of the registry's own origin."""
        first = None
        if self._base is None and request.method in _WITHOUT_BODY and request.url.startswith("/"):
            first = self._introduce(request, scopes, repository)
        request = replace(request, url=urljoin(self.base(), request.url))
        if origin(request.url) != origin(self.base()):
            return self._wire.send(request)
        header = None if first else self._auth.header(scopes, repository)
        answer = first or self._wire.send(_with_authorization(request, header))
        if answer.status != _UNAUTHORIZED or origin(answer.url) != origin(request.url):
            return answer
        challenge = answer.headers.get("WWW-Authenticate", "")
        if not self._auth.challenged(challenge, scopes, repository, header):
            return answer
        answer.read_some()
        header = self._auth.header(scopes, repository)
        return self._wire.send(_with_authorization(request, header))

    def _error(self, answer: RegistryResponse, repository: str) -> RegistryError:
        body = answer.read_some()
        wait = retry_after_seconds(answer.headers.get("Retry-After"), now=self.clock.now())
        error = error_for(
            answer.method, answer.url, answer.status, body, retry_after=wait, secrets=self._auth.secrets()
        )
        return self._auth.explain(error, repository) if isinstance(error, AccessDeniedError) else error


def _with_authorization(request: RegistryRequest, header: str | None) -> RegistryRequest:
    if header is None:
        return request
    return replace(request, headers={**request.headers, "Authorization": header})
