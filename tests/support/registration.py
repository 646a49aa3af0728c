"""A clock for waiting that takes no time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from buildpack_release.registration.api import Timing
from oci_registry.remote.retry import Clock, RetryPolicy

if TYPE_CHECKING:
    import threading


@dataclass
class Time:
    """A clock on which waiting takes no time."""

    now: float = 1000.0
    waits: list[float] = field(default_factory=list)

    def sleep(self, seconds: float, _stop: threading.Event) -> None:
        self.waits.append(seconds)
        self.now += seconds

    @property
    def timing(self) -> Timing:
        return Timing(RetryPolicy(attempts=3), Clock(now=lambda: self.now, sleep=self.sleep))
