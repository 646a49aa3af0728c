"""A proxy in front of a registry that breaks one request of many, in a chosen way."""

from __future__ import annotations

import http.client
import re
import threading
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from oci_registry.testing.loopback import HangUp, LoopbackServer, Received, Response

if TYPE_CHECKING:
    from collections.abc import Callable

_UPLOAD = re.compile(r"/v2/.+/blobs/uploads/[^/]+")
# Belong to one connection, or are made anew.
_OWN_HEADERS = frozenset(
    {"connection", "content-length", "transfer-encoding", "keep-alive", "date", "server"}
)


class InjectedFault(Enum):
    """What goes wrong."""

    RESET_BEFORE = "connection reset before the request arrives"
    RESET_MIDWAY = "connection reset after half of the request's body"
    RESET_AFTER = "connection reset instead of the answer"
    ERROR_500 = "500 without doing anything"
    TOO_MANY = "429 with Retry-After"
    TRUNCATED = "the answer's body, or else its headers, cut off in the middle"
    WRONG_DIGEST = "another Docker-Content-Digest, and a changed byte in what is read"
    SLOW = "no answer until long after the client's time-out"
    EXPIRED = "the upload session is forgotten first"


@dataclass(frozen=True)
class Passed:
    """A request that came by; `status` is 0 if it was not answered."""

    method: str
    target: str
    status: int
    fault: InjectedFault | None


class FaultyRegistry(LoopbackServer):
    """A proxy to the registry at `upstream`, an http URL or a server of this process. Requests count from 0.

    A server of this process is called, not connected to: clients see the same, at half the cost.

    `fault` strikes request number `at`, once, or with `on` every one from there. `slow` is the longest time
    in seconds that SLOW holds a request back, `retry_after` what TOO_MANY asks for. `watch` is called after
    each request.
    """

    def __init__(
        self,
        upstream: str | LoopbackServer,
        *,
        fault: InjectedFault | None = None,
        at: int = 0,
        on: bool = False,
        slow: float = 5.0,
        retry_after: str = "7",
        watch: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__()
        self._upstream = _Connected(upstream) if isinstance(upstream, str) else _Called(upstream)
        self.fault = fault
        self.at = at
        self.on = on
        self.requests: list[Passed] = []
        self._slow = slow
        self._retry_after = retry_after
        self._watch = watch
        self._lock = threading.Lock()
        self._closing = threading.Event()

    def arm(self, fault: InjectedFault | None, *, at: int = 0, on: bool = False) -> None:
        """Count from 0 again, with another fault."""
        with self._lock:
            self.requests = []
            self.fault, self.at, self.on = fault, at, on

    def answer(self, request: Received) -> Response:
        """Pass a request on, or break it."""
        with self._lock:
            requests, number = self.requests, len(self.requests)
            strikes = self.fault is not None and (number == self.at or (self.on and number > self.at))
            fault = self.fault if strikes else None
            requests.append(Passed(request.method, request.target, 0, fault))
        try:
            response = self._broken(fault, request) if fault else self._upstream.forward(request)
            requests[number] = replace(requests[number], status=response.status)
        finally:
            self._watch()
        return response

    def __exit__(self, *error: object) -> None:
        self._closing.set()
        super().__exit__(*error)

    def _broken(self, fault: InjectedFault, request: Received) -> Response:
        if fault is InjectedFault.ERROR_500:
            return Response.error(500, "UNKNOWN")
        if fault is InjectedFault.TOO_MANY:
            return Response.error(429, "TOOMANYREQUESTS", Retry_After=self._retry_after)
        if fault is InjectedFault.EXPIRED:
            return self._expire(request)
        if fault is InjectedFault.RESET_MIDWAY:
            self._upstream.send_half(request)
        if fault is InjectedFault.SLOW:
            self._closing.wait(self._slow)
        if fault in (InjectedFault.RESET_BEFORE, InjectedFault.RESET_MIDWAY, InjectedFault.SLOW):
            raise HangUp
        response = self._upstream.forward(request)
        if fault is InjectedFault.RESET_AFTER:
            raise HangUp
        return (
            _truncated(response, request)
            if fault is InjectedFault.TRUNCATED
            else _with_wrong_digest(response)
        )

    def _expire(self, request: Received) -> Response:
        if _UPLOAD.fullmatch(request.path):
            self._upstream.forward(replace(request, method="DELETE", body=b""))
        return self._upstream.forward(request)


class _Connected:
    """The registry behind, at a URL."""

    def __init__(self, url: str) -> None:
        self._address = urlsplit(url).netloc

    def forward(self, request: Received) -> Response:
        """Return its answer."""
        connection = http.client.HTTPConnection(self._address, timeout=30)
        try:
            self._put_request(connection, request)
            connection.send(request.body)
            answer = connection.getresponse()
            body = answer.read()
            kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in _OWN_HEADERS]
            length = answer.getheader("Content-Length") if request.method == "HEAD" else None
            return Response(answer.status, dict(kept), body, length=int(length) if length else None)
        finally:
            connection.close()

    def send_half(self, request: Received) -> None:
        """Hang up after half of the body."""
        connection = http.client.HTTPConnection(self._address, timeout=30)
        try:
            self._put_request(connection, request)
            connection.send(request.body[: len(request.body) // 2])
        finally:
            connection.close()

    def _put_request(self, connection: http.client.HTTPConnection, request: Received) -> None:
        """Send the head; Host stays the proxy's, so that the registry's Locations lead through the proxy."""
        connection.putrequest(request.method, request.target, skip_host=True, skip_accept_encoding=True)
        for name, value in request.headers.items():
            if name not in ("connection", "content-length", "transfer-encoding"):
                connection.putheader(name, value)
        connection.putheader("Content-Length", str(len(request.body)))
        connection.endheaders()


class _Called:
    """The registry behind, in this process: what it gets and answers is what would come by HTTP."""

    def __init__(self, server: LoopbackServer) -> None:
        self._server = server

    def forward(self, request: Received) -> Response:
        """Return its answer."""
        response = self._server.answer(request)
        if request.method != "HEAD":
            return response
        length = len(response.body) if response.length is None else response.length
        return replace(response, body=b"", length=length)

    def send_half(self, request: Received) -> None:
        """Hang up after half of the body."""
        half = request.body[: len(request.body) // 2]
        self._server.answer(replace(request, body=half, complete=half == request.body))


def _truncated(response: Response, request: Received) -> Response:
    body = b"" if request.method == "HEAD" else response.body
    return replace(response, body=body[: len(body) // 2], length=len(response.body), cut=True)


def _with_wrong_digest(response: Response) -> Response:
    headers = dict(response.headers)
    if "Docker-Content-Digest" in headers:
        headers["Docker-Content-Digest"] = "sha256:" + "0" * 64
    body = bytes([response.body[0] ^ 1]) + response.body[1:] if response.body else b""
    return replace(response, headers=headers, body=body)
