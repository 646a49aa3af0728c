"""When something is tried again."""

from __future__ import annotations

import threading
import time
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oci_registry.errors import NotFoundError, UnavailableError
from oci_registry.remote.retry import Attempts, Clock, RetryPolicy, retry_after_seconds, with_retries
from oci_registry.testing.samples import patient_clock


def failing(times: int, error: Exception) -> tuple[list[int], object]:
    calls: list[int] = []

    def operation() -> str:
        calls.append(1)
        if len(calls) <= times:
            raise error
        return "done"

    return calls, operation


def test_temporary_faults_are_tried_again_later_each_time() -> None:
    waits: list[float] = []
    lines: list[str] = []
    calls, operation = failing(4, UnavailableError("down", transient=True))
    attempts = Attempts(RetryPolicy(), patient_clock(waits), lines.append)
    assert with_retries(operation, attempts) == "done"  # type: ignore[arg-type]
    assert len(calls) == 5
    assert waits == [1, 3, 9, 27]
    assert lines[0] == "down; trying again in 1.0 s"


def test_others_are_not() -> None:
    calls, operation = failing(1, NotFoundError("absent"))
    with pytest.raises(NotFoundError):
        with_retries(operation, Attempts(RetryPolicy(), patient_clock()))  # type: ignore[arg-type]
    assert len(calls) == 1


def test_it_ends_with_the_fault_itself() -> None:
    error = UnavailableError("down", transient=True)
    calls, operation = failing(99, error)
    with pytest.raises(UnavailableError) as caught:
        with_retries(operation, Attempts(RetryPolicy(attempts=3), patient_clock()))  # type: ignore[arg-type]
    assert caught.value is error
    assert len(calls) == 3


def test_the_server_may_ask_for_more_time_but_not_for_any() -> None:
    waits: list[float] = []
    attempts = Attempts(RetryPolicy(), patient_clock(waits))
    attempts.failed(UnavailableError("busy", transient=True, retry_after=40))
    assert waits == [40]
    with pytest.raises(UnavailableError) as caught:
        attempts.failed(UnavailableError("busy", transient=True, retry_after=3600))
    assert "3600 s" in caught.value.advice


def test_progress_gives_new_attempts() -> None:
    """A large blob over a bad line must not fail for the sum of its hiccups."""
    attempts = Attempts(RetryPolicy(attempts=2), patient_clock())
    for _ in range(10):
        attempts.failed(UnavailableError("down", transient=True))
        for _ in range(2):
            attempts.progressed(RetryPolicy.least_progress // 2)


def test_next_to_nothing_gives_none() -> None:
    """A server that sends one byte with each connection would have as many attempts as the blob has bytes."""
    attempts = Attempts(RetryPolicy(attempts=3), patient_clock())
    for _ in range(2):
        attempts.progressed(RetryPolicy.least_progress - 1)
        attempts.failed(UnavailableError("down", transient=True))
    with pytest.raises(UnavailableError):
        attempts.failed(UnavailableError("down", transient=True))


def test_a_stop_ends_the_wait_and_the_attempts() -> None:
    stop = threading.Event()
    attempts = Attempts(RetryPolicy(first_delay=3600, longest_delay=3600), Clock(), stop=stop)
    threading.Timer(0.05, stop.set).start()
    attempts.failed(UnavailableError("down", transient=True))  # comes back long before the hour
    with pytest.raises(UnavailableError):
        attempts.failed(UnavailableError("down", transient=True))


@given(st.integers(1, 50), st.floats(0, 1, exclude_max=True))
def test_delays_stay_within_their_bounds(failures: int, chance: float) -> None:
    policy = RetryPolicy()
    assert 0 < policy.delay(failures, chance=chance) <= policy.longest_delay * (1 + policy.jitter)


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_retry_after_as_seconds_and_as_a_date(seconds: int, since: int) -> None:
    now = 1_700_000_000.0 + since
    assert retry_after_seconds(f" {seconds} ", now=now) == seconds
    assert retry_after_seconds(formatdate(now + seconds, usegmt=True), now=now) == pytest.approx(
        seconds, abs=1
    )


@given(st.text(max_size=30))
def test_retry_after_that_is_neither_is_ignored(text: str) -> None:
    found = retry_after_seconds(text, now=time.time())
    assert found is None or found >= 0
    assert retry_after_seconds(None, now=0) is None
