"""Progress within one step: a line that is rewritten on a terminal, and now and then a line in a log."""

from __future__ import annotations

import os
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TextIO

from buildpack_common.redaction import redact
from buildpack_common.terminal_text import one_line, printable
from buildpack_release.text import size

if TYPE_CHECKING:
    from collections.abc import Callable

_ERASE = "\r\x1b[K"
# Seconds between two lines.
_ON_TERMINAL, _IN_LOG = 0.1, 15.0


def _is_terminal(stream: TextIO) -> bool:
    return stream.isatty() and os.environ.get("TERM", "") not in ("", "dumb")


@dataclass
class LiveLine:
    """Lines for people on a stream, and below them one that changes; no secrets. Safe to use in threads."""

    stream: TextIO = field(default_factory=lambda: sys.stderr)
    clock: Callable[[], float] = time.monotonic
    is_terminal: bool | None = None
    _shown: bool = field(default=False, init=False)
    _last: float = field(default=0.0, init=False)
    _lock: threading.RLock = field(default_factory=threading.RLock, init=False)

    def __post_init__(self) -> None:
        if self.is_terminal is None:
            self.is_terminal = _is_terminal(self.stream)
        self._last = self.clock()

    def say(self, text: str) -> None:
        """Write a line that stays."""
        with self._lock:
            self.clear()
            self._write(f"{printable(redact(text))}\n")

    def show(self, text: str) -> None:
        """Show how things stand, unless that was said a moment ago."""
        with self._lock:
            now = self.clock()
            if now - self._last < (_ON_TERMINAL if self.is_terminal else _IN_LOG):
                return
            self._last = now
            if self.is_terminal:
                self._write(f"{_ERASE}{one_line(redact(text))}")
                self._shown = True
            else:
                self._write(f"{printable(redact(text))}\n")

    def clear(self) -> None:
        """Take the changing line away."""
        with self._lock:
            if self._shown:
                self._write(_ERASE)
                self._shown = False

    def _write(self, text: str) -> None:
        self.stream.write(text)
        self.stream.flush()


@dataclass
class Bytes:
    """Counts the bytes of several blobs for a live line. Safe in several threads."""

    line: LiveLine
    verb: str
    total: int
    _done: dict[str, int] = field(default_factory=dict, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def __call__(self, digest: str, done: int, _size: int) -> None:
        """Note how much of a blob is done."""
        with self._lock:
            self._done[digest] = done
            count = sum(self._done.values())
        percent = 100 * count // self.total if self.total else 100
        self.line.show(f"      {self.verb} {size(count)} of {size(self.total)} ({percent} %)")
