"""An HTTP server on loopback that answers each request with the next of the answers it was given."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

Answer = Callable[[socket.socket, "Request"], None]


@dataclass(frozen=True)
class Request:
    """What the client sent: the path, and the headers with lower-case names."""

    path: str
    headers: dict[str, str]


@dataclass
class Script:
    """The answers still to give (the last one is repeated) and the requests so far."""

    url: str
    answers: list[Answer]
    requests: list[Request] = field(default_factory=list)

    def next(self) -> Answer:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def answering(*answers: Answer, tls: ssl.SSLContext | None = None) -> Iterator[Script]:
    """Serve on a free port of 127.0.0.1 until the block is left."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        script = Script(f"http{'s' if tls else ''}://127.0.0.1:{port}", list(answers))
        thread = threading.Thread(target=_serve, args=(listener, script, tls), daemon=True)
        thread.start()
        try:
            yield script
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(10)


def _serve(listener: socket.socket, script: Script, tls: ssl.SSLContext | None) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        try:
            with tls.wrap_socket(connection, server_side=True) if tls else connection as stream:
                _answer(stream, script)
        except OSError:
            connection.close()  # the client went away, or did not trust us


def _answer(stream: socket.socket, script: Script) -> None:
    lines = _head(stream).split("\r\n")
    if not lines[0]:
        return
    headers = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
    request = Request(lines[0].split(" ")[1], headers)
    script.requests.append(request)
    script.next()(stream, request)


def _head(stream: socket.socket) -> str:
    head = b""
    while b"\r\n\r\n" not in head:
        piece = stream.recv(4096)
        if not piece:
            return ""
        head += piece
    return head.decode("latin-1").partition("\r\n\r\n")[0]


def status(line: str, body: bytes = b"", **headers: str) -> Answer:
    """Answer with a status line such as "404 Not Found", a body and headers (``_`` stands for ``-``)."""

    def answer(stream: socket.socket, _: Request) -> None:
        stream.sendall(_response_head(line, len(body), headers) + body)

    return answer


def file(content: bytes, etag: str = '"v1"') -> Answer:
    """Answer with the content, or with the part of it that is asked for if the ETag is right."""

    def answer(stream: socket.socket, request: Request) -> None:
        start = _wanted_start(request, etag)
        line = "206 Partial Content" if start else "200 OK"
        headers = {"ETag": etag, "Content_Range": f"bytes {start}-{len(content) - 1}/{len(content)}"}
        stream.sendall(_response_head(line, len(content) - start, headers) + content[start:])

    return answer


def breaking_off(content: bytes, after: int, etag: str = '"v1"') -> Answer:
    """Promise all that is asked for, send ``after`` bytes of it, and hang up."""

    def answer(stream: socket.socket, request: Request) -> None:
        start = _wanted_start(request, etag)
        line = "206 Partial Content" if start else "200 OK"
        headers = {"Content_Range": f"bytes {start}-{len(content) - 1}/{len(content)}"}
        if etag:
            headers["ETag"] = etag
        stream.sendall(_response_head(line, len(content) - start, headers) + content[start : start + after])

    return answer


def dripping(content: bytes, pause: float, etag: str = '"v1"') -> Answer:
    """Promise all that is asked for and send it byte by byte, until the client has gone."""

    def answer(stream: socket.socket, request: Request) -> None:
        start = _wanted_start(request, etag)
        line = "206 Partial Content" if start else "200 OK"
        headers = {"ETag": etag, "Content_Range": f"bytes {start}-{len(content) - 1}/{len(content)}"}
        stream.sendall(_response_head(line, len(content) - start, headers))
        for position in range(start, len(content)):
            stream.sendall(content[position : position + 1])
            time.sleep(pause)

    return answer


def dripping_head(line: str, pause: float) -> Answer:
    """Send the head of an answer byte by byte, with a header that never ends, until the client has gone."""

    def answer(stream: socket.socket, _: Request) -> None:
        stream.sendall(f"HTTP/1.1 {line}\r\nX-Long: ".encode())
        while True:
            stream.sendall(b"x")
            time.sleep(pause)

    return answer


def endless(head: bytes, block: bytes = bytes(1 << 16)) -> Answer:
    """Send a head, and then the same block until the client has gone."""

    def answer(stream: socket.socket, _: Request) -> None:
        stream.sendall(head)
        while True:
            stream.sendall(block)

    return answer


def silence(seconds: threading.Event) -> Answer:
    """Say nothing until the event is set."""

    def answer(_: socket.socket, __: Request) -> None:
        seconds.wait(30)

    return answer


def hang_up(_: socket.socket, __: Request) -> None:
    """Close the connection without a word."""


def raw(content: bytes) -> Answer:
    """Send these bytes and nothing else."""

    def answer(stream: socket.socket, _: Request) -> None:
        stream.sendall(content)

    return answer


def _wanted_start(request: Request, etag: str) -> int:
    if not etag or request.headers.get("if-range", etag) != etag:
        return 0
    return int(request.headers.get("range", "bytes=0-").removeprefix("bytes=").rstrip("-"))


def _response_head(line: str, length: int, headers: dict[str, str]) -> bytes:
    rows = [f"HTTP/1.1 {line}", f"Content-Length: {length}", "Connection: close"]
    rows += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(rows) + "\r\n\r\n").encode("latin-1")
