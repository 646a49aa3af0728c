"""Run I/O-bound work on several items in threads."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

JOBS = 5
_HEED = 0.2  # seconds after which an interruption is noticed at the latest


def in_parallel(
    work: Callable[[_Item], _Result],
    items: Iterable[_Item],
    *,
    jobs: int = JOBS,
    stop: threading.Event | None = None,
) -> list[_Result]:
    """Return the results of `work` for the items, in their order; at most `jobs` are under way at once.

    When one fails, `stop` is set, those under way are waited for, the others are left out, and the first
    failure is raised. An interruption waits for nothing: what is under way may hang; it ends with the
    process.
    """
    stop = stop or threading.Event()
    waiting = deque(enumerate(items))
    results: dict[int, _Result] = {}
    failures: list[BaseException] = []

    def run() -> None:
        while waiting and not stop.is_set():
            try:
                number, item = waiting.popleft()
            except IndexError:  # another thread was faster
                return
            try:
                results[number] = work(item)
            except BaseException as error:  # noqa: BLE001  raised below, where it is waited for
                failures.append(error)
                stop.set()

    threads = [threading.Thread(target=run, daemon=True) for _ in range(min(jobs, len(waiting)))]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            # With a time limit: a signal that arrives just before the thread is waited for, or in another
            # thread, would not end a wait without one.
            while thread.is_alive():
                thread.join(_HEED)
    except BaseException:
        stop.set()
        raise
    if failures:
        raise failures[0]
    return [results[number] for number in sorted(results)]
