"""The version that satisfies all requests, and what there is to say about it."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_runtime.forms import form_of
from python_runtime.versions.refusals import check_alone, contradiction, no_runtimes
from python_runtime.versions.request import PythonRequest, RequestKind
from python_runtime.versions.spelling import enumeration

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

    from buildpack_api.target import Target
    from buildpack_common.runtimes_catalogue import Runtime, RuntimesCatalogue

_NOTICE_PERIOD = dt.timedelta(days=365)
# "<=3.12" ends with 3.12.0, which is equal to 3.12 (PEP 440, 'Inclusive ordered comparison').
_ENDS_WITH_FIRST_PATCH = re.compile(r"<=\s*(\d+)\.(\d+)(?![\d.])")


@dataclass(frozen=True)
class RuntimeChoice:
    """The runtime, why it was chosen, and warnings and hints for the person who looks after the app.

    ``constraints`` are what it had to satisfy.
    """

    runtime: Runtime
    reason: str
    warnings: tuple[tuple[str, str], ...] = ()
    hints: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()


def choose(
    requests: Sequence[PythonRequest],
    catalogue: RuntimesCatalogue,
    target: Target,
    today: dt.date,
    carried: Container[str] = (),
) -> RuntimeChoice:
    """Return the newest patch, of the default line if all requests allow it, else of the newest they allow.

    The default line goes before a newer one: `requires-python = ">=3.10"`, which is what most projects say,
    must not move them to a new line on the day of its release, before their dependencies have wheels for it.
    What the buildpack itself carries (``carried``: sha256 of archives) goes before everything else.
    Raises PlatformError if there is nothing for the target, ConfigurationError, naming the sources, if no
    known version will do.
    """
    runtimes = catalogue.for_target(target.os, target.arch)
    if not runtimes:
        raise no_runtimes(catalogue, target)
    for request in requests:
        check_alone(request, runtimes, catalogue, today)
    allowed = [r for r in runtimes if all(request.allows(r.version) for request in requests)]
    if not allowed:
        raise contradiction(requests, runtimes)
    inside = [r for r in allowed if r.sha256 in carried]
    runtime = _best(inside or allowed, catalogue.default)
    known = [r for r in runtimes if r.sha256 in carried] if inside else runtimes
    elsewhere = _best(allowed, catalogue.default)
    return RuntimeChoice(
        runtime,
        _reason(requests, runtime, inside or allowed, catalogue.default),
        tuple(_end_of_life(runtime, catalogue, today)),
        (*_carried_hint(runtime, elsewhere), *_hints(requests, runtime, known), *_form_hints(runtime)),
        tuple(sorted(request.constraint for request in requests)),
    )


def _best(runtimes: Sequence[Runtime], default: str) -> Runtime:
    """Return the newest patch of the default line, else the newest of all; they are sorted."""
    return ([r for r in runtimes if r.line == default] or runtimes)[-1]


def _carried_hint(runtime: Runtime, elsewhere: Runtime) -> tuple[str, ...]:
    if runtime == elsewhere:
        return ()
    return (f"This offline package carries no Python {elsewhere.version}, which would be taken otherwise.",)


def _reason(
    requests: Sequence[PythonRequest], runtime: Runtime, allowed: Sequence[Runtime], default_line: str
) -> str:
    default = f"the default line of the catalogue is {runtime.line}"
    if not requests and runtime.line != default_line:
        return f"nothing asks for a line, and the default line {default_line} is not in this offline package"
    if not requests:
        return f"{default}, and nothing asks for another"
    asked = enumeration([f"{request.source} asks for {request.text}" for request in requests])
    if allowed[-1].line != runtime.line:
        return f"{asked}; that leaves {_lines(allowed)}, and {default}"
    return asked


def _lines(runtimes: Sequence[Runtime]) -> str:
    return enumeration(list(dict.fromkeys(runtime.line for runtime in runtimes)))


def _end_of_life(runtime: Runtime, catalogue: RuntimesCatalogue, today: dt.date) -> Iterable[tuple[str, str]]:
    end = catalogue.lines[runtime.line]
    if end < today:
        yield (
            f"Python {runtime.line} reached its end of life on {end}",
            f"It gets no security updates any more. Move the app to Python {catalogue.default}.",
        )
    elif end - today <= _NOTICE_PERIOD:
        yield (
            f"Python {runtime.line} reaches its end of life on {end}",
            f"After that day it gets no security updates. Plan the move to Python {catalogue.default}.",
        )


def _hints(requests: Sequence[PythonRequest], runtime: Runtime, runtimes: Sequence[Runtime]) -> Iterable[str]:
    newest = next(r for r in reversed(runtimes) if r.line == runtime.line)
    if newest != runtime:
        holding = [request.source for request in requests if not request.allows(newest.version)]
        yield (
            f"Python {newest.version} is available. {enumeration(holding)} "
            f"{'hold' if len(holding) > 1 else 'holds'} on to {runtime.version}; "
            f"{runtime.line} alone would follow the patches."
        )
    for request in requests:
        end = _ENDS_WITH_FIRST_PATCH.search(request.text)
        if end:
            after = f"{end[1]}.{int(end[2]) + 1}"
            yield f"{request.source}: {end[0]} ends with {end[1]}.{end[2]}.0; <{after} is the whole line."
    if all(request.kind is RequestKind.RANGE for request in requests):
        yield f"A file .python-version with the line {runtime.line} keeps the app on this line."


def _form_hints(runtime: Runtime) -> Iterable[str]:
    form = form_of(runtime)
    if form is None:
        return
    if not form.tried:
        yield (
            f"This buildpack was never tried with an archive like that of Python {runtime.version} "
            f"({form.name}; release {runtime.tag} of python-build-standalone)."
        )
    if form.needs:
        yield f"This Python needs {form.needs} in the build image and in the run image."
