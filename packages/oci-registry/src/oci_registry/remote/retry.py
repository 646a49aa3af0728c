"""When to try again: only what is temporary, a few times, later each time, and as late as the server asks."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass, field
from datetime import timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, TypeVar

from oci_registry.errors import RegistryError

if TYPE_CHECKING:
    from collections.abc import Callable

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Clock:
    """Time and chance, so that tests need neither.

    Seconds since the epoch; a sleep that an event ends; a number in [0, 1).
    """

    now: Callable[[], float] = time.time
    sleep: Callable[[float, threading.Event], object] = lambda seconds, stop: stop.wait(seconds)
    random: Callable[[], float] = random.random


@dataclass(frozen=True)
class RetryPolicy:
    """How often and when; times in seconds.

    `attempts` is for an operation, and anew after so many bytes as `least_progress` that came in one of them.
    """

    attempts: int = 5
    first_delay: float = 1.0
    factor: float = 3.0
    longest_delay: float = 30.0
    jitter: float = 0.25
    longest_retry_after: float = 300.0
    least_progress: int = 1 << 20

    def delay(self, failures: int, *, chance: float) -> float:
        """Seconds to wait after so many failures (from 1), spread by `jitter`; chance is in [0, 1)."""
        plain = min(self.first_delay * self.factor ** (failures - 1), self.longest_delay)
        return plain * (1 + self.jitter * (2 * chance - 1))


@dataclass
class Attempts:
    """The tries of one operation. `report` gets a line for people before each wait; `stop` ends them."""

    policy: RetryPolicy
    clock: Clock
    report: Callable[[str], None] = field(default=lambda _: None)
    stop: threading.Event = field(default_factory=threading.Event)
    failures: int = 0
    gained: int = 0

    def failed(self, error: RegistryError) -> None:
        """Wait until it makes sense to try again.

        Raises the error itself if that makes none: not temporary, too often, or the server wants more
        patience than we have.
        """
        self.failures += 1
        self.gained = 0
        if not error.transient or self.failures >= self.policy.attempts or self.stop.is_set():
            raise error
        wait = self.policy.delay(self.failures, chance=self.clock.random())
        if error.retry_after is not None:
            if error.retry_after > self.policy.longest_retry_after:
                error.advice = f"the server asks to come back in {error.retry_after:.0f} s"
                raise error
            wait = max(wait, error.retry_after)
        self.report(f"{error.title}; trying again in {wait:.1f} s")
        self.clock.sleep(wait, self.stop)

    def progressed(self, count: int) -> None:
        """Forget earlier failures once enough bytes have come since; one each time is no progress."""
        self.gained += count
        if self.gained >= self.policy.least_progress:
            self.failures = 0


def with_retries(operation: Callable[[], _Result], attempts: Attempts) -> _Result:
    """Run the operation until it succeeds or fails for good."""
    while True:
        try:
            return operation()
        except RegistryError as error:
            attempts.failed(error)


def retry_after_seconds(value: str | None, *, now: float) -> float | None:
    """Read a Retry-After header: seconds, or a date (RFC 9110, 10.2.3); None if it is neither."""
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text)  # of any length: an endless one is infinity
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return max(0.0, moment.timestamp() - now)
