"""Several things at once: order, limits, failures, interruptions."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from buildpack_release.parallel import in_parallel


def test_results_come_in_the_order_of_the_items() -> None:
    """Whichever is ready first."""
    second_is_done = threading.Event()

    def work(number: int) -> int:
        if number == 1:
            assert second_is_done.wait(30)
        else:
            second_is_done.set()
        return number * 10

    assert in_parallel(work, [1, 2]) == [10, 20]


def test_nothing_to_do_is_no_result() -> None:
    assert in_parallel(str, []) == []


def test_no_more_than_the_given_number_are_under_way() -> None:
    running, most, lock = [0], [0], threading.Lock()

    def work(_: int) -> None:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        threading.Event().wait(0.01)
        with lock:
            running[0] -= 1

    in_parallel(work, range(12), jobs=3)
    assert most[0] <= 3


def test_a_failure_leaves_out_the_others_and_ends_those_under_way() -> None:
    """What is raised is the first failure, not how the others ended because of it."""
    stop, both, begun = threading.Event(), threading.Barrier(2), []

    def work(number: int) -> None:
        begun.append(number)
        both.wait(30)
        if number == 1:
            raise ValueError("the first failure")
        assert stop.wait(30)
        raise KeyError("ended by the other")

    with pytest.raises(ValueError, match="the first failure"):
        in_parallel(work, range(6), jobs=2, stop=stop)
    assert sorted(begun) == [0, 1]


def test_an_interruption_does_not_wait_for_what_hangs() -> None:
    """Ctrl-C while a server keeps its answer back."""
    hanging, ended = threading.Event(), threading.Event()

    def work(_: int) -> None:
        # Of the process, as a terminal does it: one raised here would be this thread's, and wake no other.
        os.kill(os.getpid(), signal.SIGINT)
        hanging.wait(30)
        ended.set()

    try:
        with pytest.raises(KeyboardInterrupt):
            in_parallel(work, [1])
        assert not ended.is_set()
    finally:
        hanging.set()
