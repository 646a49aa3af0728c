"""One HTTP exchange: proxies, trust, time-outs, redirects, and faults put into our own words.

Nothing of the surroundings is used but the proxy variables and the CA bundle: no netrc, no cookies.
Credentials are sent to the origin they are meant for and dropped at a redirect to another.
"""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias
from urllib.parse import urljoin, urlsplit

import certifi
import urllib3
from urllib3 import exceptions

from buildpack_common.http_pace import Pace, PaceLimit, paced_pools
from oci_registry.errors import (
    AccessDeniedError,
    CredentialError,
    RegistryError,
    UnavailableError,
    UnsafeRedirectError,
)
from oci_registry.reference import is_loopback
from oci_registry.remote.address import Resolver, check_redirect, origin, resolve, stay_secure
from oci_registry.remote.error_answers import redacted
from oci_registry.remote.faults import causes, may_pass, reason
from oci_registry.remote.response import RegistryResponse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager

_MOST_REDIRECTS = 5
_LOST = (exceptions.TimeoutError, exceptions.ProtocolError, exceptions.ProxyError, OSError)
_PACE = PaceLimit(seconds=90.0)
_KEEP_METHOD = (307, 308)
_BECOME_GET = (301, 302, 303)
# What OpenSSL says, by its version, to an answer that is no TLS.
_NO_TLS = frozenset(
    {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"}
)
# identity: digests are of the bytes as stored, so nothing on the way may compress them.
_HEADERS = {"User-Agent": "buildpack-release", "Accept": "*/*", "Accept-Encoding": "identity"}


class Readable(Protocol):
    """A request body of known length, read once."""

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[bytes]: ...
    def read(self, size: int = -1, /) -> bytes:
        """Read at most `size` bytes."""


class Reopenable(Protocol):
    """A body that can be sent again after a failure."""

    def open(self) -> AbstractContextManager[Readable | bytes]:
        """Return the body from its start; `bytes` if it is empty."""


Body: TypeAlias = "bytes | Reopenable | None"


@dataclass(frozen=True)
class RegistryRequest:
    """What to send. `headers` may hold an Authorization, which is for the URL's origin only.

    If it `stays`, a redirect to another origin is not followed, but is the answer.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Body = None
    stays: bool = False


@dataclass(frozen=True)
class ConnectionOptions:
    """How to connect; times in seconds.

    `insecure` allows plain HTTP and unverified TLS for the one registry; loopback may use plain HTTP without
    it. `read_timeout` is for one receive, `pace` for all of an exchange. `ca_bundle` is a PEM file; without
    it REQUESTS_CA_BUNDLE, then SSL_CERT_FILE, then certifi's.
    """

    insecure: bool = False
    ca_bundle: Path | None = None
    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    pace: PaceLimit = _PACE
    connections: int = 20


class TLSError(UnavailableError):
    """No TLS with this server; `untrusted` if it does speak TLS, but its certificate is not trusted."""

    untrusted = False


class _Managers:
    """Pools of connections that keep to the pace: those of the direct way, and those through each proxy."""

    _pools = paced_pools(urllib3.HTTPConnectionPool, urllib3.HTTPSConnectionPool)

    def __init__(self, connections: int, trust: str | None) -> None:
        """Take how many connections are kept, and whom to trust: a file or folder; None for anybody."""
        self._connections = connections
        self._settings: dict[str, Any] = {"cert_reqs": "CERT_NONE"}
        if trust is not None:
            place = "ca_cert_dir" if Path(trust).is_dir() else "ca_certs"
            self._settings = {"cert_reqs": "CERT_REQUIRED", place: trust}
        self._lock = threading.Lock()
        self._managers: dict[str, urllib3.PoolManager] = {}

    def by(self, proxy: str) -> urllib3.PoolManager:
        """Return the pools for a proxy; "" is the direct way."""
        with self._lock:
            if proxy not in self._managers:
                self._managers[proxy] = self._by_proxy(proxy) if proxy else self._direct()
            return self._managers[proxy]

    def _direct(self) -> urllib3.PoolManager:
        kept = self._connections
        manager = urllib3.PoolManager(num_pools=kept, maxsize=kept, **self._settings)
        manager.pool_classes_by_scheme = self._pools
        return manager

    def _by_proxy(self, proxy: str) -> urllib3.PoolManager:
        # requests knows all kinds of proxies. Who has none need not wait for its import.
        from requests.adapters import HTTPAdapter
        from requests.utils import prepend_scheme_if_needed

        adapter = HTTPAdapter(self._connections, self._connections)
        url = prepend_scheme_if_needed(proxy, "http")  # type: ignore[no-untyped-call]
        manager: urllib3.PoolManager = adapter.proxy_manager_for(url, **self._settings)
        manager.pool_classes_by_scheme = self._pools
        return manager

    def close(self) -> None:
        """Close the connections."""
        for manager in self._managers.values():
            manager.clear()


class Wire:
    """Exchanges requests with a registry, its token server and its storage. Safe for several threads."""

    def __init__(
        self,
        registry_host: str,
        options: ConnectionOptions,
        environ: Mapping[str, str],
        *,
        resolver: Resolver = resolve,
    ) -> None:
        self._registry_host = registry_host
        self._options = options
        self._resolver = resolver
        self._answered: set[tuple[str, str, int]] = set()
        self._checked = _Managers(options.connections, _trust(options, environ))
        self._unchecked = _Managers(options.connections, None)
        self._timeout = urllib3.Timeout(connect=options.connect_timeout, read=options.read_timeout)
        if options.insecure:
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)

    def close(self) -> None:
        """Close the connections."""
        self._checked.close()
        self._unchecked.close()

    def send(self, request: RegistryRequest) -> RegistryResponse:
        """Send a request, follow redirects, give the answer with its body unread.

        Raises UnavailableError (transient if trying again may help), UnsafeRedirectError.
        """
        for _ in range(_MOST_REDIRECTS + 1):
            answer = self._exchange(request)
            target = _redirect_target(request, answer)
            if target is None:
                return answer
            answer.close()
            check_redirect(request.url, target, self._resolver)
            if request.method == "POST" and request.body and origin(target) != origin(request.url):
                raise UnsafeRedirectError(f"{redacted(request.url)} sends our form on to {redacted(target)}")
            request = _redirected(request, target)
        raise UnsafeRedirectError(
            f"more than {_MOST_REDIRECTS} redirects, the last to {redacted(request.url)}"
        )

    def check_target(self, home: str, target: str) -> None:
        """Raise UnsafeRedirectError unless the registry at `home` may send us to `target`."""
        check_redirect(home, target, self._resolver)

    def _exchange(self, request: RegistryRequest) -> RegistryResponse:
        place = origin(request.url)
        is_unchecked = self._options.insecure and place[1] == self._registry_host
        managers = self._unchecked if is_unchecked else self._checked
        try:
            with _opened(request.body) as data:
                pace = Pace(self._options.pace)
                with pace.applied():
                    response = managers.by(_proxy(request.url)).urlopen(
                        request.method,
                        request.url,
                        body=data,
                        headers=_headers(request, data),
                        timeout=self._timeout,
                        redirect=False,
                        retries=False,
                        preload_content=False,
                        decode_content=False,
                    )
        except (exceptions.HTTPError, OSError) as error:
            raise _fault(request, error, answered=place in self._answered) from error
        self._answered.add(place)
        return RegistryResponse(response, request.method, request.url, pace)


def _trust(options: ConnectionOptions, environ: Mapping[str, str]) -> str:
    named = options.ca_bundle or environ.get("REQUESTS_CA_BUNDLE") or environ.get("SSL_CERT_FILE")
    if not named:
        return certifi.where()
    if not Path(named).exists():
        raise CredentialError(
            "the CA bundle does not exist",
            advice="correct REQUESTS_CA_BUNDLE, SSL_CERT_FILE or the option",
            file=Path(named),
        )
    return str(named)


def _headers(request: RegistryRequest, data: Readable | bytes | None) -> dict[str, str]:
    """Return the headers to send: with the length of a body, which would be sent in chunks without."""
    length = {} if data is None or isinstance(data, bytes) else {"Content-Length": str(len(data))}
    return {**_HEADERS, **request.headers, **length}


def _proxy(url: str) -> str:
    """Return the environment's proxy for a URL, or ""; none for this machine, whatever NO_PROXY says."""
    if is_loopback(urlsplit(url).hostname or ""):
        return ""
    from urllib.request import getproxies

    if not getproxies():
        return ""
    from requests.utils import get_environ_proxies, select_proxy

    return select_proxy(url, get_environ_proxies(url)) or ""


def _fault(request: RegistryRequest, error: Exception, *, answered: bool) -> RegistryError:
    """Return what happened. A server that was never reached is not asked again: its name may be wrong."""
    if isinstance(error, exceptions.SSLError):
        return _tls_error(request, error)
    if isinstance(error, exceptions.ProxyError) and any("407" in str(cause) for cause in causes(error)):
        advice = "set user and password in the URL of HTTPS_PROXY"
        return AccessDeniedError("the proxy refused us with status 407", advice=advice)
    unknown = any(isinstance(cause, (ConnectionRefusedError, socket.gaierror)) for cause in causes(error))
    lost = isinstance(error, _LOST) and may_pass(error)
    title = f"no answer from {redacted(request.url)}"
    advice = "check the host's name and port, and whether this machine reaches it" if unknown else ""
    if isinstance(error, exceptions.ProxyError):
        advice = "check the proxy that HTTPS_PROXY or HTTP_PROXY names, or except the host in NO_PROXY"
    return UnavailableError(
        title, detail=reason(error), advice=advice, transient=lost and (answered or not unknown)
    )


def _tls_error(request: RegistryRequest, error: exceptions.SSLError) -> TLSError:
    untrusted = any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes(error))
    lost = any(isinstance(cause, (ssl.SSLEOFError, ssl.SSLZeroReturnError)) for cause in causes(error))
    plain = any(isinstance(cause, ssl.SSLError) and cause.reason in _NO_TLS for cause in causes(error))
    advice = "name the CA's PEM file in REQUESTS_CA_BUNDLE or SSL_CERT_FILE" if untrusted else ""
    if plain:
        advice = "it may speak plain HTTP, which is only used for another machine with --insecure"
    fault = TLSError(
        f"no TLS connection to {redacted(request.url)}", detail=reason(error), advice=advice, transient=lost
    )
    fault.untrusted = untrusted
    return fault


@contextmanager
def _opened(body: Body) -> Iterator[Readable | bytes | None]:
    if body is None or isinstance(body, bytes):
        yield body
    else:
        with body.open() as opened:
            yield opened


def _redirect_target(request: RegistryRequest, answer: RegistryResponse) -> str | None:
    location = answer.headers.get("Location")
    follows = _KEEP_METHOD if request.method not in ("GET", "HEAD") else (*_KEEP_METHOD, *_BECOME_GET)
    if not location or answer.status not in follows:
        return None
    target = stay_secure(request.url, urljoin(request.url, location))
    return None if request.stays and origin(target) != origin(request.url) else target


def _redirected(request: RegistryRequest, target: str) -> RegistryRequest:
    headers = dict(request.headers)
    if origin(target) != origin(request.url):
        headers.pop("Authorization", None)
    return replace(request, url=target, headers=headers)
