"""A minimum speed: a server that sends a few bytes now and then would hold a build up for hours."""

from __future__ import annotations

import time
from dataclasses import dataclass

from python_runtime.faults import PassingFault

_ADVICE = (
    "The server, or the network in between, is too slow. Set BP_DEPENDENCY_MIRROR to a place nearby, or use "
    "an offline package of this buildpack."
)


class SlowFault(PassingFault):
    """The bytes came, but too slowly."""


@dataclass(frozen=True)
class Limit:
    """At least ``rate`` bytes a second, on the average of ``period`` seconds."""

    rate: float = 10_000.0
    period: float = 30.0


class Pace:
    """Watches one transfer, from its making on."""

    def __init__(self, limit: Limit) -> None:
        self._limit = limit
        self._since = time.monotonic()
        self._bytes = 0

    def count(self, received: int) -> None:
        """Take note of bytes that came. Raises SlowFault at the end of a period that had too few."""
        self._bytes += received
        now = time.monotonic()
        passed = now - self._since
        if passed < self._limit.period:
            return
        if self._bytes < self._limit.rate * passed:
            raise SlowFault(f"only {self._bytes} bytes came in {passed:.0f} s", advice=_ADVICE)
        self._since, self._bytes = now, 0
