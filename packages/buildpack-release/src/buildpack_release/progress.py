"""Progress messages on stderr: stdout is for data."""

from __future__ import annotations

import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from buildpack_common.redaction import redact
from buildpack_common.terminal_text import printable
from buildpack_release.terminal import fitted
from buildpack_release.text import duration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class NobodyReadsError(Exception):
    """A pipe has no reader any more. No OSError: that would be taken for the fault of the file at hand."""


def say(text: str) -> None:
    """Write a line of progress without secrets. What the library calls when nobody tells it to be quiet.

    Results that were printed before come first, for whoever reads both streams as one. Raises
    NobodyReadsError.
    """
    shown = fitted(printable(redact(text)), sys.stderr)
    try:
        sys.stdout.flush()
        print(shown, file=sys.stderr, flush=True)  # noqa: T201  this is the edge
    except BrokenPipeError:
        raise NobodyReadsError from None


@dataclass
class Progress:
    """Steps of a longer job with counter and time: `[2/4] strata/pip-tool`, then `5.1 MiB in 0.4 s`.

    Of steps that run at the same time, `[2/4] strata/pip-tool: 5.1 MiB in 0.4 s` when each is over.
    """

    total: int
    say: Callable[[str], None] = say
    clock: Callable[[], float] = time.monotonic
    done: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    @contextmanager
    def step(self, title: str) -> Iterator[list[str]]:
        """Announce a step, and its time once it has succeeded. Results for that line go into the list."""
        self.done += 1
        counter = f"[{self.done}/{self.total}]"
        self.say(f"{counter} {title}")
        started = self.clock()
        results: list[str] = []
        yield results
        self.say(f"{' ' * len(counter)} {', '.join(results) or 'done'} in {duration(self.clock() - started)}")

    @contextmanager
    def one_of_several(self, title: str, *, started: float | None = None) -> Iterator[list[str]]:
        """Report a step that has succeeded, with its results and its time. Safe in several threads.

        `started` is when it began, by the clock, if that was before.
        """
        started = self.clock() if started is None else started
        results: list[str] = []
        yield results
        taken = duration(self.clock() - started)
        with self._lock:
            self.done += 1
            self.say(f"[{self.done}/{self.total}] {title}: {', '.join(results) or 'done'} in {taken}")
