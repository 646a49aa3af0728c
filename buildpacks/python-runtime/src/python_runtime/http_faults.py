"""Faults of HTTP in plain words, and which of them may pass."""

from __future__ import annotations

import email.utils
import ssl
import time
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests
import urllib3.exceptions

from buildpack_common.http_pace import EndlessAnswerError, TooSlowError
from buildpack_common.parsing import parse_count
from buildpack_common.redaction import redact
from python_runtime.faults import LocationFault, PassingFault, SlowFault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_PASSING = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_EARLY,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)
_SUCCESS = (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT)
_NETWORK = (
    "Check the network of the build. Behind a proxy set HTTPS_PROXY; without access to the internet set "
    "BP_DEPENDENCY_MIRROR, or use an offline package of this buildpack."
)
_ADVICE = {
    HTTPStatus.UNAUTHORIZED: "The server wants credentials: put them into the mirror's URL or a .netrc file.",
    HTTPStatus.FORBIDDEN: "The file is not there or not for you. A mirror must hold it under this very path.",
    HTTPStatus.NOT_FOUND: "The file is not there. A mirror must hold it under this very path.",
    HTTPStatus.PROXY_AUTHENTICATION_REQUIRED: "The proxy wants credentials: put them into HTTPS_PROXY.",
}
_WEB_PAGE = "A log-in page or a proxy seems to answer instead of the server."
_SLOW = (
    "The server, or the network in between, is too slow. Set BP_DEPENDENCY_MIRROR to a place nearby, or use "
    "an offline package of this buildpack."
)
_TLS = (
    "If a proxy inspects TLS, give its certificate in a ca-certificates binding or with SSL_CERT_FILE. "
    "Check the clock of the machine, too."
)


def check_status(response: requests.Response) -> None:
    """Raise LocationFault, or PassingFault, unless the answer holds a file."""
    status = response.status_code
    reason = f"HTTP {status} {response.reason or ''}".strip()
    if status in _PASSING or status > HTTPStatus.INTERNAL_SERVER_ERROR:
        raise PassingFault(
            reason, advice="The server is in trouble: try again later.", wait=_retry_after(response)
        )
    if status not in _SUCCESS:
        advice = next(
            (text for code, text in _ADVICE.items() if code == status), _ADVICE[HTTPStatus.NOT_FOUND]
        )
        raise LocationFault(reason, advice=advice)
    if response.headers.get("Content-Type", "").lower().startswith("text/html"):
        raise LocationFault("a web page came instead of an archive", advice=_WEB_PAGE)


def translated(error: Exception, url: str, environment: Mapping[str, str]) -> LocationFault:
    """Return the fault that an exception of requests, urllib3 or a socket means."""
    causes = list(_causes(error))
    return _unending(causes) or _of_network(error, causes, urlsplit(url).hostname or "", environment)


def _of_network(
    error: Exception, causes: list[BaseException], host: str, environment: Mapping[str, str]
) -> LocationFault:
    if _any_is(causes, requests.exceptions.ProxyError, urllib3.exceptions.ProxyError):
        advice = f"Proxies in use: {_proxies(environment)}"
        return PassingFault(f"the proxy does not connect: {_innermost(causes)}", advice=advice)
    if _any_is(causes, ssl.SSLCertVerificationError):
        return LocationFault(f"TLS failed: {_innermost(causes)}", advice=_tls_advice(environment))
    if _any_is(causes, urllib3.exceptions.NameResolutionError):
        return PassingFault(f"the name {host} cannot be resolved", advice=_NETWORK)
    if _any_is(causes, requests.ConnectTimeout, requests.ReadTimeout, urllib3.exceptions.ReadTimeoutError):
        return PassingFault(f"{host} does not answer in time", advice=_NETWORK)
    if isinstance(error, requests.RequestException) and not isinstance(error, requests.ConnectionError):
        return LocationFault(redact(str(error)))
    return PassingFault(f"the connection failed: {_innermost(causes)}", advice=_NETWORK)


def _unending(causes: list[BaseException]) -> LocationFault | None:
    for cause in causes:
        if isinstance(cause, TooSlowError):
            return SlowFault(str(cause), advice=_SLOW)
        if isinstance(cause, EndlessAnswerError):
            return LocationFault(str(cause), advice=_WEB_PAGE)
    return None


def _any_is(causes: list[BaseException], *kinds: type[BaseException]) -> bool:
    return any(isinstance(cause, kinds) for cause in causes)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield the exception and what it wraps: requests and urllib3 hide the cause in several ways."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        inner = getattr(error, "reason", None) or (error.args[0] if error.args else None)
        if not isinstance(inner, BaseException):
            inner = error.__cause__ or error.__context__
        error = inner


def _innermost(causes: list[BaseException]) -> str:
    texts = (getattr(cause, "strerror", None) or str(cause) for cause in reversed(causes))
    return redact(next((str(text) for text in texts if text), type(causes[0]).__name__))


def _tls_advice(environment: Mapping[str, str]) -> str:
    file = environment.get("SSL_CERT_FILE")
    return f"{_TLS}\nSSL_CERT_FILE is {file}." if file else _TLS


def _proxies(environment: Mapping[str, str]) -> str:
    names = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")
    used = [f"{name}={redact(environment[name])}" for name in names if environment.get(name)]
    return ", ".join(used) or "none by these variables"


def _retry_after(response: requests.Response) -> float:
    """Return the seconds of Retry-After, which may be a date; 0 if there is none."""
    value = response.headers.get("Retry-After", "")
    seconds = parse_count(value)
    if seconds is not None:
        return float(seconds)
    parsed = email.utils.parsedate_tz(value)
    return max(0.0, email.utils.mktime_tz(parsed) - time.time()) if parsed else 0.0
