"""Work that several threads want at the same time is done once: the first does it, the others wait for that.

No lock is held meanwhile, so whoever wants something else goes on.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

_Result = TypeVar("_Result")


class SharedCalls(Generic[_Result]):
    """The calls under way, by what they are for. Nothing is remembered of one that is over."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._under_way: dict[Hashable, Future[_Result]] = {}

    def run(self, key: Hashable, work: Callable[[], _Result]) -> _Result:
        """Return what `work` returns, or that of a call for the same which is under way. Raises likewise."""
        own: Future[_Result] = Future()
        with self._lock:
            first = self._under_way.setdefault(key, own)
        if first is not own:
            return first.result()
        try:
            result = work()
        except BaseException as error:
            self._over(key)
            own.set_exception(error)
            raise
        self._over(key)
        own.set_result(result)
        return result

    def _over(self, key: Hashable) -> None:
        with self._lock:
            del self._under_way[key]
