"""Several things at once: order, limits, failures, interruptions."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

import pytest

from oci_registry.parallel import in_parallel


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


@pytest.mark.parametrize("to_the_main_thread", [True, False])
def test_an_interruption_does_not_wait_for_what_hangs(*, to_the_main_thread: bool) -> None:
    """Ctrl-C while a server keeps its answer back.

    The system may deliver the signal to any thread, or just before the main thread begins to wait: then the
    wait itself is not interrupted, as it is not where the main thread blocks the signal.
    """
    hanging, ended = threading.Event(), threading.Event()
    main = threading.main_thread()

    def is_waiting() -> bool:
        """Tell whether the main thread waits for this one."""
        frame = sys._current_frames()[main.ident or 0]
        return frame.f_code.co_filename == threading.__file__ and frame.f_code.co_name != "start"

    def work(_: int) -> None:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        seen = 0
        while seen < 5:  # times in a row: once may be on its way there
            seen = seen + 1 if is_waiting() else 0
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)
        ended.set() if hanging.wait(300) else pytest.fail("nobody came back from waiting")

    before = signal.pthread_sigmask(signal.SIG_BLOCK, [] if to_the_main_thread else {signal.SIGINT})
    try:
        with pytest.raises(KeyboardInterrupt):
            in_parallel(work, [1])
        assert not ended.is_set()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        hanging.set()
