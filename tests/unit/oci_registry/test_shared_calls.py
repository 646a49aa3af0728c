"""What several threads want is done once, and nobody else waits for it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from oci_registry.shared_calls import SharedCalls

_LONG = 30.0  # seconds that nothing here takes unless it hangs


def test_calls_for_the_same_are_one_call_and_others_go_on() -> None:
    """The first works, those that come meanwhile take its result, and another key is not held up."""
    calls, begun, go_on = SharedCalls[int](), threading.Event(), threading.Event()
    made: list[int] = []

    def slow() -> int:
        made.append(1)
        begun.set()
        assert go_on.wait(_LONG)
        return len(made)

    with ThreadPoolExecutor(5) as pool:
        first = pool.submit(calls.run, "a", slow)
        assert begun.wait(_LONG)
        others = [pool.submit(calls.run, "a", slow) for _ in range(3)]
        assert calls.run("b", lambda: 7) == 7
        go_on.set()
        found = [one.result(_LONG) for one in (first, *others)]
    assert found[0] == 1
    assert set(found) <= {1, 2}  # whoever came too late has called anew


def test_a_failure_is_everybodys_and_is_not_remembered() -> None:
    """The next call is made anew."""
    calls, begun, go_on = SharedCalls[int](), threading.Event(), threading.Event()

    def fail() -> int:
        begun.set()
        assert go_on.wait(_LONG)
        msg = "refused"
        raise ValueError(msg)

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(calls.run, "a", fail)
        assert begun.wait(_LONG)
        second = pool.submit(calls.run, "a", fail)
        go_on.set()
        for one in (first, second):
            with pytest.raises(ValueError, match="refused"):
                one.result(_LONG)
    assert calls.run("a", lambda: 5) == 5
