"""The build log: plain lines on stdout, flushed one by one; errors on stderr; no secrets in URLs."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
import time
from typing import TYPE_CHECKING, TextIO

from buildpack_common.redaction import redact
from buildpack_common.terminal_text import one_line, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from buildpack_api.errors import BuildpackError

_WIDTH = 100
_PERIOD = 5.0  # seconds between two lines of progress
_MEGABYTE = 1_000_000


class Output:
    """Prints for one buildpack. The streams are looked up late, so a test may replace ``sys.stdout``."""

    def __init__(
        self,
        *,
        name: str = "Strata",
        stdout: TextIO | None = None,
        stderr: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = name
        self._stdout = stdout
        self._stderr = stderr
        self._clock = clock
        self._progress: dict[str, float] = {}

    def heading(self, text: str) -> None:
        """Begin a section: ``[Strata] text``."""
        self._out(f"[{self._name}] {one_line(text)}")

    def step(self, text: str) -> None:
        """Print what is being done."""
        self._out(text, indent=2)

    def detail(self, text: str) -> None:
        """Print a detail of the previous step."""
        self._out(text, indent=4)

    def warning(self, title: str, text: str = "") -> None:
        """Print what deserves a look though the build goes on."""
        self._out(f"[{self._name}] Warning: {one_line(title)}")
        if text:
            self._out(_wrap(redact(text)), indent=2)

    def error(self, error: BuildpackError) -> None:
        """Print an expected fault: title, detail, advice."""
        self._err(f"[{self._name}] Error: {one_line(error.title)}")
        for text in (error.detail, error.advice):
            if text:
                self._err(_wrap(redact(text)), indent=2)

    def traceback(self, text: str) -> None:
        """Print the traceback of a bug as it is."""
        self._err(text.rstrip())

    def summary(self, title: str, rows: Iterable[tuple[str, str]]) -> None:
        """Print the end-of-build summary: a heading, then two aligned columns."""
        table = list(rows)
        width = max((len(name) for name, _ in table), default=0)
        self.heading(title)
        for name, text in table:
            self.step(f"{name:<{width}}  {one_line(text)}".rstrip())

    def progress(self, label: str, done: int, total: int | None) -> None:
        """Report the bytes done, at most every five seconds; a shorter transfer prints nothing."""
        now = self._clock()
        last = self._progress.setdefault(label, now)
        if total is not None and done >= total:
            del self._progress[label]
        elif now - last >= _PERIOD:
            self._progress[label] = now
            share = f" of {total / _MEGABYTE:.1f} MB ({100 * done // total} %)" if total else " MB"
            self.detail(f"{label}: {done / _MEGABYTE:.1f}{share}")

    def flush(self) -> None:
        """Hand everything over to the operating system, before a child writes to the same streams."""
        for stream in (self._stdout or sys.stdout, self._stderr or sys.stderr):
            _guarded(stream, stream.flush)

    def _out(self, text: str, *, indent: int = 0) -> None:
        _write(self._stdout or sys.stdout, text, indent)

    def _err(self, text: str, *, indent: int = 0) -> None:
        _write(self._stderr or sys.stderr, text, indent)


def _wrap(text: str) -> str:
    """Break long lines at blanks only, so that paths and URLs stay whole.

    A secret may have blanks: it is to be replaced before.
    """
    import textwrap  # only for warnings and errors

    fill = functools.partial(textwrap.fill, width=_WIDTH, break_long_words=False, break_on_hyphens=False)
    return "\n".join(fill(line) for line in text.split("\n"))


def _write(stream: TextIO, text: str, indent: int) -> None:
    lines = printable(redact(text)).split("\n")
    indented = "\n".join(f"{' ' * indent}{line}" if line.strip() else line for line in lines)

    def write() -> None:
        stream.write(f"{indented}\n")
        stream.flush()

    _guarded(stream, write)


def _guarded(stream: TextIO, action: Callable[[], object]) -> None:
    """Do it; if nobody reads the stream any more, let it end in /dev/null: the build itself goes on."""
    try:
        action()
    except BrokenPipeError:
        with contextlib.suppress(OSError, ValueError):
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, stream.fileno())
            os.close(null)
