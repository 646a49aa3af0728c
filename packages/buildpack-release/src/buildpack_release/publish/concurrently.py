"""Asking several stores at once: most of the time of a request is waiting."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from buildpack_release.registry.blobs import JOBS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def concurrently(function: Callable[[_Item], _Result], items: Iterable[_Item]) -> list[_Result]:
    """Call a function for all items, some at a time, and return the results in their order.

    Raises what the first of the items that fail raises; those not begun yet are left out then.
    """
    pool = ThreadPoolExecutor(JOBS)
    try:
        return list(pool.map(function, items))
    finally:
        pool.shutdown(cancel_futures=True)
