"""What lies behind an exception of requests: a long chain of wrappers around one fault of the network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildpack_common.http_pace import EndlessAnswerError, TooSlowError
from oci_registry.remote.error_answers import server_text

if TYPE_CHECKING:
    from collections.abc import Iterator


def causes(error: BaseException) -> Iterator[BaseException]:
    """Return the error and everything it wraps, outermost first."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        current = waiting.pop(0)
        if not isinstance(current, BaseException) or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        waiting += [current.__cause__, current.__context__, getattr(current, "reason", None), *current.args]


def may_pass(error: BaseException) -> bool:
    """Whether it may go better another time: not with a server that says endless things."""
    return not any(isinstance(cause, EndlessAnswerError) for cause in causes(error))


def reason(error: BaseException) -> str:
    """Return a few words on what happened; the wrappers' own texts quote URLs with their secrets."""
    found = tuple(causes(error))
    for cause in found:
        if isinstance(cause, (EndlessAnswerError, TooSlowError)):
            return str(cause)
    for cause in found:
        if isinstance(cause, OSError) and cause.strerror:
            return server_text(cause.strerror)
    timeout = any(isinstance(cause, TimeoutError) or "Timeout" in type(cause).__name__ for cause in found)
    return "time-out" if timeout else f"the connection was lost ({type(found[-1]).__name__})"
