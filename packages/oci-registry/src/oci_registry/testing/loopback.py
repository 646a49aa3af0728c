"""An HTTP/1.1 server on loopback whose answers can be broken on purpose."""

from __future__ import annotations

import json
import socket
import struct
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping

    from typing_extensions import Self

Handle: TypeAlias = "Callable[[Received], Response]"


@dataclass(frozen=True)
class Received:
    """A request. `complete` is false if the client hung up before its body was all there."""

    method: str
    target: str
    headers: Mapping[str, str]  # names in lower case
    body: bytes
    complete: bool = True

    @cached_property
    def path(self) -> str:
        """The target without its query."""
        return urlsplit(self.target).path

    @cached_property
    def query(self) -> Mapping[str, list[str]]:
        """The parameters of the query."""
        return parse_qs(urlsplit(self.target).query, keep_blank_values=True)

    def parameter(self, name: str) -> str:
        """Return the first value of a parameter, or nothing."""
        return self.query.get(name, [""])[0]


@dataclass(frozen=True)
class Response:
    """An answer. `length` is the Content-Length if it is not the body's: of a HEAD, or of a body cut off."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    length: int | None = None
    cut: bool = False  # hang up after the body, or in the middle of the headers if there is none

    @classmethod
    def of_json(
        cls, document: object, *, status: int = 200, media_type: str = "application/json"
    ) -> Response:
        """Answer with JSON."""
        return cls(status, {"Content-Type": media_type}, json.dumps(document).encode())

    @classmethod
    def error(cls, status: int, code: str, message: str = "", **headers: str) -> Response:
        """Answer with a registry's error; `_` in the names of headers stands for `-`."""
        document = {"errors": [{"code": code, "message": message or code.lower()}]}
        shown = {name.replace("_", "-"): value for name, value in headers.items()}
        return cls(status, {"Content-Type": "application/json", **shown}, json.dumps(document).encode())


class HangUp(Exception):  # noqa: N818 (not an error: what the handler wants)
    """Raised by a handler to reset the connection instead of answering."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60
    wbufsize = -1  # one packet an answer, and no waiting for the acknowledgement of its first half
    disable_nagle_algorithm = True
    server: _Listener

    def _answer(self) -> None:
        body = self._read_body()
        headers: dict[str, str] = {}
        for given, value in self.headers.items():
            name = given.lower()
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        length = int(headers.get("content-length") or len(body))
        request = Received(self.command, self.path, headers, body, complete=len(body) == length)
        try:
            response = self.server.handle_registry(request)
        except HangUp:
            self._reset()
            return
        if request.complete:
            self._send(response)
        else:
            self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815 (http.server's names)

    def _read_body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return self._read_chunks()
        left, pieces = int(self.headers.get("Content-Length") or 0), []
        with suppress(OSError):
            while left and (piece := self.rfile.read1(min(left, 1 << 20))):
                pieces.append(piece)
                left -= len(piece)
        return b"".join(pieces)

    def _read_chunks(self) -> bytes:
        pieces = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            pieces.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(pieces)

    def _send(self, response: Response) -> None:
        length = len(response.body) if response.length is None else response.length
        headers = list(response.headers.items())
        in_headers = response.cut and not response.body
        self.send_response(response.status)
        for name, value in headers[: len(headers) // 2] if in_headers else headers:
            self.send_header(name, value)
        if in_headers:
            self.flush_headers()  # without the blank line at their end
            self.close_connection = True
            return
        if response.status not in (204, 304):
            self.send_header("Content-Length", str(length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)
        self.close_connection = self.close_connection or response.cut

    def _reset(self) -> None:
        """End the connection so that the client sees a reset, not an end."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    # The default of 5 is less than a client has under way, which would see resets on a busy machine.
    request_queue_size = 128

    def __init__(self, handle: Handle, tls: ssl.SSLContext | None, address: str) -> None:
        super().__init__((address, 0), _Handler)
        self.handle_registry = handle
        self._tls = tls
        self._open: set[socket.socket] = set()

    def get_request(self) -> tuple[socket.socket, object]:
        connection, address = super().get_request()
        if self._tls is not None:  # the handshake is the connection's own thread's business
            connection = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        """Close without the usual shutdown, which would turn a reset into an orderly end."""
        if isinstance(request, socket.socket):
            self._open.discard(request)
            request.close()

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore clients that hang up or do not speak our protocol."""

    def hang_up(self) -> None:
        """End the connections that clients keep open."""
        for connection in tuple(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class LoopbackServer:
    """A server on a free port, running from `__enter__` to `__exit__`. Subclasses answer.

    `address` is one of this machine, such as 127.0.0.11: the CNB registry takes no host whose last part has
    one letter.
    """

    def __init__(self, *, tls: ssl.SSLContext | None = None, address: str = "127.0.0.1") -> None:
        self._address = address
        self._listener = _Listener(self.answer, tls, address)
        self._thread = threading.Thread(
            target=self._listener.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        self._scheme = "https" if tls else "http"

    def answer(self, request: Received) -> Response:
        """Answer a request; called from several threads."""
        raise NotImplementedError

    @property
    def host(self) -> str:
        """`ADDRESS:PORT`."""
        return f"{self._address}:{self._listener.server_port}"

    @property
    def url(self) -> str:
        """The base URL."""
        return f"{self._scheme}://{self.host}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown()
        self._thread.join()
        self._listener.hang_up()
        self._listener.server_close()
