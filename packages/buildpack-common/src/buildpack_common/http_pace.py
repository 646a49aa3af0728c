"""How slowly an HTTP exchange may go, from connecting to its last byte.

The time-outs of sockets hold for each receive, so a server that sends one byte now and then is waited for
without end. Here an exchange has a credit of seconds. Waiting uses it up, bytes of either direction fill it
again, but never above what it was: a small exchange has to end within the credit, and whatever its size, a
large one has to keep up a minimum rate. Once connected, only time in which we wait for the other side counts.

It works below urllib3 and requests, where the bytes are: in the connections of `http.client` that both are
made of. So it holds for status lines, headers and trailers, for proxies' answers, and for each redirect.
"""

from __future__ import annotations

import http.client
import io
import time
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator

_UNREAD = 16 << 20
_FRAMING = 8  # bytes on the line for one of the body: a server may send chunks of one byte each


@dataclass(frozen=True)
class PaceLimit:
    """A credit of ``seconds``, into which every ``rate`` bytes pay one second back."""

    seconds: float = 60.0
    rate: float = 10_000.0


class TooSlowError(TimeoutError):
    """The bytes come, but too slowly."""


class EndlessAnswerError(OSError):
    """Headers, trailers or a body that nobody asked for do not end."""


class Pace:
    """The credit of one exchange, which begins when this is made. Not for several threads."""

    def __init__(self, limit: PaceLimit, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._clock = clock
        self._credit = limit.seconds
        self._since = clock()
        self._waited = 0.0
        self._received = 0
        self._unread = 0
        self._connected = False

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Let it hold for the requests sent in this block, and for the bodies of their answers afterwards."""
        before = _current.set(self)
        try:
            yield
        finally:
            _current.reset(before)

    def begin(self, idle: float | None) -> float:
        """Return for how many seconds the next send or receive may wait, ``idle`` at most.

        Raises TooSlowError if for none, TimeoutError if nothing at all has come.
        """
        if self._connected:
            self._since = self._clock()
        else:  # what has passed since the beginning was spent on connecting
            self._connected = True
            self._spend()
        self._check()
        return self._credit if idle is None else min(idle, self._credit)

    def end(self, received: int = 0, sent: int = 0) -> None:
        """Take note of what a send or receive has moved. Raises EndlessAnswerError."""
        self._spend()
        self._received += received
        self._unread += received
        self._credit = min(self._credit + (received + sent) / self._limit.rate, self._limit.seconds)
        if self._unread > _UNREAD:
            msg = f"more than {_UNREAD >> 20} MiB came before or around what was asked for"
            raise EndlessAnswerError(msg)

    def timed_out(self) -> None:
        """Take note that a receive waited in vain. Raises as `begin` if that was the last of it."""
        self._spend()
        self._check()

    def consumed(self, count: int) -> None:
        """Take note of bytes of the body that somebody wanted."""
        self._unread = max(0, self._unread - _FRAMING * count)

    def _spend(self) -> None:
        now = self._clock()
        self._credit -= now - self._since
        self._waited += now - self._since
        self._since = now

    def _check(self) -> None:
        if self._credit > 0:
            return
        if not self._received:
            raise TimeoutError("timed out")
        msg = f"only {self._received} bytes came in {self._waited:.0f} s"
        raise TooSlowError(msg)


_current: ContextVar[Pace | None] = ContextVar("pace", default=None)


class _Receiver(io.RawIOBase):
    """What a socket receives, as a file whose every read is held against the pace."""

    def __init__(self, raw: io.RawIOBase, sock: Any, pace: Pace) -> None:  # noqa: ANN401  (like a socket)
        self._raw = raw
        self._sock = sock
        self._pace = pace
        self._idle: float | None = sock.gettimeout()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:  # noqa: ANN401  (as the base class has it)
        self._sock.settimeout(self._pace.begin(self._idle))
        try:
            count = self._raw.readinto(buffer)
        except TimeoutError:
            self._pace.timed_out()
            raise
        self._pace.end(received=count or 0)
        return count

    def fileno(self) -> int:
        return self._raw.fileno()

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()


class _InnerSocket:
    """The socket below a TLS connection within another: one record may come in thousands of receives."""

    def __init__(self, sock: Any, pace: Pace) -> None:  # noqa: ANN401  (like a socket)
        self._sock = sock
        self._pace = pace
        self._idle: float | None = sock.gettimeout()

    def recv(self, size: int) -> bytes:
        """Receive like the socket."""
        self._sock.settimeout(self._pace.begin(self._idle))
        try:
            data: bytes = self._sock.recv(size)
        except TimeoutError:
            self._pace.timed_out()
            raise
        self._pace.end(received=len(data))
        return data

    def settimeout(self, _seconds: float | None) -> None:
        """Leave that to the pace."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self._sock, name)

    def __setattr__(self, name: str, value: object) -> None:
        if name in ("_sock", "_pace", "_idle"):
            super().__setattr__(name, value)
        else:
            setattr(self._sock, name, value)


class _Source:
    """What a response takes for its socket: it makes one file of it, and nothing else."""

    def __init__(self, sock: Any, pace: Pace) -> None:  # noqa: ANN401  (like a socket)
        self._sock = sock
        self._pace = pace

    def makefile(self, *_: object, **__: object) -> io.BufferedReader:
        return io.BufferedReader(_Receiver(self._sock.makefile("rb", buffering=0), self._sock, self._pace))


class _PacedResponse(http.client.HTTPResponse):
    """A response, a proxy's to CONNECT included, under the pace that held when its request was sent."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  (as the base)
        pace = _current.get()
        if pace is not None:
            _watch_inner_socket(sock, pace)
        super().__init__(_Source(sock, pace) if pace else sock, *args, **kwargs)  # type: ignore[arg-type]


def _watch_inner_socket(sock: Any, pace: Pace) -> None:  # noqa: ANN401  (like a socket)
    """Watch what urllib3's TLS in the TLS of a proxy receives; a plain socket has nothing in it."""
    inner = getattr(sock, "socket", None)
    if inner is not None:
        sock.socket = _InnerSocket(inner._sock if isinstance(inner, _InnerSocket) else inner, pace)  # noqa: SLF001


class PacedConnection(http.client.HTTPConnection):
    """A connection under the pace that holds while it is used; for urllib3's as the first base class."""

    response_class = _PacedResponse

    def send(self, data: Any) -> None:  # noqa: ANN401  (as the base class has it)
        """Send what is in memory; urllib3 gives no files and iterators to this."""
        pace = _current.get()
        if pace is None or self.sock is None or not isinstance(data, (bytes, bytearray, memoryview)):
            super().send(data)
            return
        idle = self.timeout if isinstance(self.timeout, (int, float)) else None
        self.sock.settimeout(pace.begin(idle))
        try:
            super().send(data)
        except TimeoutError:
            pace.timed_out()
            raise
        pace.end(sent=len(data))


def paced_pools(http_pool: type, https_pool: type) -> dict[str, Any]:
    """Return urllib3's pool classes with paced connections, for a manager's ``pool_classes_by_scheme``.

    They are given, since this module knows the standard library alone.
    """
    return {"http": _paced(http_pool), "https": _paced(https_pool)}


def _paced(pool: Any) -> type:  # noqa: ANN401  (a class of urllib3)
    connection = type("PacedConnection", (PacedConnection, pool.ConnectionCls), {})
    return type(f"Paced{pool.__name__}", (pool,), {"ConnectionCls": connection})
