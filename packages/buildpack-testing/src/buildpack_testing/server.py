"""A static file server on loopback: runtime mirrors and package indexes for tests and local builds."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http import HTTPStatus
    from pathlib import Path


@dataclass(frozen=True)
class RecordedRequest:
    """One answered request: method, path as sent (still percent-encoded), status code."""

    method: str
    path: str
    status: int


@dataclass(frozen=True)
class StaticServer:
    """A running server; requests grows as requests are answered."""

    url: str
    requests: list[RecordedRequest] = field(default_factory=list)


class _Handler(SimpleHTTPRequestHandler):
    def __init__(self, *args: object, log: list[RecordedRequest], directory: str) -> None:
        self._log = log
        super().__init__(*args, directory=directory)  # type: ignore[arg-type]  # as socketserver passes them

    def end_headers(self) -> None:
        # As public package indexes do: pip keeps in its cache only what may be kept.
        if self.path.endswith(".whl"):
            self.send_header("Cache-Control", "max-age=31536000, immutable, public")
        super().end_headers()

    def log_request(self, code: int | str | HTTPStatus = "-", size: int | str = "-") -> None:  # noqa: ARG002
        self._log.append(RecordedRequest(self.command, self.path, int(code)))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Print nothing: the request log is for the test to read."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # uv opens fifty connections at once: what finds no place in the queue is tried again after seconds.
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore a client that hung up: killed builds do that."""


@contextmanager
def serve(directory: Path) -> Iterator[StaticServer]:
    """Serve directory on a free port of 127.0.0.1 until the block is left."""
    log: list[RecordedRequest] = []
    handler = partial(_Handler, log=log, directory=str(directory))
    with _Server(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield StaticServer(f"http://127.0.0.1:{server.server_port}", log)
        finally:
            server.shutdown()
            thread.join()
