"""A package index on loopback that wants a password, over TLS of a CA of its own, and can misbehave."""

from __future__ import annotations

import base64
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator
    from http import HTTPStatus
    from pathlib import Path


@dataclass
class PrivateIndex:
    """A running index. Everything but its address can be changed while it runs."""

    host: str
    scheme: str
    user: str = ""
    password: str = ""
    delay: float = 0.0
    """Seconds before each answer."""

    down: bool = False
    """Whether every request is answered with 503."""

    headers: dict[str, str] = field(default_factory=dict)
    """Sent with each answer."""

    caching: bool = True
    """Whether answers say how long files may be kept, as public indexes do and mirrors do not."""

    requests: list[str] = field(default_factory=list)
    """Paths that were answered with 200."""

    refused: int = 0

    @property
    def url(self) -> str:
        """The address of the index, without credentials."""
        return f"{self.scheme}://{self.host}/simple/"

    @property
    def url_with_password(self) -> str:
        """The address with credentials, as users write it."""
        return f"{self.scheme}://{self.user}:{self.password}@{self.host}/simple/"

    def admits(self, authorization: str) -> bool:
        """Return whether the header has the right user and password; without a user anybody may come."""
        expected = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        return not self.user or authorization == f"Basic {expected}"


class _Handler(SimpleHTTPRequestHandler):
    def __init__(self, *args: object, index: PrivateIndex, directory: str) -> None:
        self._index = index
        super().__init__(*args, directory=directory)  # type: ignore[arg-type]  # as socketserver passes them

    def do_GET(self) -> None:
        time.sleep(self._index.delay)
        if self._index.down:
            self.send_error(503)
        elif self._index.admits(self.headers.get("Authorization", "")):
            super().do_GET()
        else:
            self._index.refused += 1
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="index"')
            self.send_header("Content-Length", "0")
            super().end_headers()

    def end_headers(self) -> None:
        if self._index.caching and self.path.endswith((".whl", ".gz")):
            self.send_header("Cache-Control", "max-age=31536000, immutable, public")
        for name, value in self._index.headers.items():
            self.send_header(name, value)
        super().end_headers()

    def log_request(self, code: int | str | HTTPStatus = "-", size: int | str = "-") -> None:  # noqa: ARG002
        if code == 200:
            self._index.requests.append(self.path)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # as many as uv and Poetry open at once

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore a client that hung up or does not trust us."""


@contextmanager
def private_index(directory: Path, *, tls: ssl.SSLContext | None = None) -> Iterator[PrivateIndex]:
    """Serve ``directory`` (an index in ``simple/``) until the block is left."""
    index = PrivateIndex("", "https" if tls else "http")
    with _Server(("127.0.0.1", 0), partial(_Handler, index=index, directory=str(directory))) as server:
        index.host = f"127.0.0.1:{server.server_port}"
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield index
        finally:
            server.shutdown()
            thread.join()
