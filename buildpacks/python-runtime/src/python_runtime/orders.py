"""Programs of this buildpack that packaging starts: `prefetch` and `trim`.

A JSON object on stdin says what is wanted, progress goes to stderr. Exit code 0: it is done, and stdout holds
a JSON object with what came out. Else stdout holds a JSON object that says what is wrong.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, NoReturn

from buildpack_api.errors import BuildpackError, from_os_error
from buildpack_common.parsing import parse_json

if TYPE_CHECKING:
    from collections.abc import Callable


def carry_out(work: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Read the order, do ``work`` with it, and print what it returns, or exit with what is wrong."""
    order = parse_json(sys.stdin.read())
    try:
        answer = work(order)
    except OSError as error:
        known = from_os_error(error)
        if known is None:
            raise
        _fail(known)
    except BuildpackError as error:
        _fail(error)
    _print(answer)


def _fail(error: BuildpackError) -> NoReturn:
    _print({"title": error.title, "detail": error.detail, "advice": error.advice})
    sys.exit(error.exit_code)


def _print(data: dict[str, Any]) -> None:
    print(json.dumps(data))  # noqa: T201  (read by the program that started this one)
