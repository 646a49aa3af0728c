"""A way to a server: some milliseconds long, which loopback does not show; what is sent is counted."""

from __future__ import annotations

import asyncio
import threading
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from collections.abc import Callable, Iterator

_PIECE = 1 << 16


@contextmanager
def distant(address: str, seconds: float) -> Iterator[str]:
    """Give another address (`host:port`) of a server, from which each way, there and back, takes so long."""
    with way_to(address, seconds) as way:
        yield way.address


@contextmanager
def way_to(address: str, seconds: float = 0.0) -> Iterator[Way]:
    """Open a way to a server until the block is left."""
    way = Way(address, seconds)
    thread = threading.Thread(target=lambda: asyncio.run(way.serve()), daemon=True)
    thread.start()
    way.open.wait()
    try:
        yield way
    finally:
        way.close()
        thread.join()


class Way:
    """Another address of a server. `sent` counts the bytes that its clients have sent, headers and all."""

    def __init__(self, target: str, seconds: float) -> None:
        self._host, _, self._port = target.rpartition(":")
        self._seconds = seconds
        self.open = threading.Event()
        self.address = ""
        self.sent = 0

    async def serve(self) -> None:
        """Pass on connections until the end; asyncio.run() then ends those that are left."""
        self._loop = asyncio.get_running_loop()
        self._end = asyncio.Event()
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        host, port, *_ = server.sockets[0].getsockname()
        self.address = f"{host}:{port}"
        self.open.set()
        await self._end.wait()
        server.close()

    def close(self) -> None:
        """End; from another thread."""
        self._loop.call_soon_threadsafe(self._end.set)

    async def _connected(self, near: StreamReader, back: StreamWriter) -> None:
        with closing(back), suppress(ConnectionError, asyncio.CancelledError):
            far, there = await asyncio.open_connection(self._host, int(self._port))
            with closing(there):
                await asyncio.gather(self._carry(near, there, self._count), self._carry(far, back))

    def _count(self, piece: bytes) -> None:
        self.sent += len(piece)

    async def _carry(
        self,
        source: StreamReader,
        target: StreamWriter,
        see: Callable[[bytes], None] = lambda _piece: None,
    ) -> None:
        """Pass on what comes, each piece as late as the others: the way is long, not narrow."""
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        delivery = asyncio.ensure_future(self._deliver(under_way, target))
        piece = b"-"
        try:
            while piece:
                piece = await source.read(_PIECE)
                see(piece)
                under_way.put_nowait((self._loop.time() + self._seconds, piece))
            await delivery
        finally:
            delivery.cancel()

    async def _deliver(self, under_way: asyncio.Queue[tuple[float, bytes]], target: StreamWriter) -> None:
        piece = b"-"
        while piece:
            due, piece = await under_way.get()
            await asyncio.sleep(due - self._loop.time())
            target.write(piece)
            await target.drain()
        target.close()
