"""The version that satisfies all requests, and what there is to say about it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from buildpack_api.errors import ConfigurationError, PlatformError
from python_runtime.versions.request import Kind, Request

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from buildpack_api.target import Target
    from python_runtime.catalogue import Catalogue, Runtime

_NOTICE_PERIOD = dt.timedelta(days=365)


@dataclass(frozen=True)
class Choice:
    """The runtime, why it was chosen, and warnings and hints for the person who looks after the app."""

    runtime: Runtime
    reason: str
    warnings: tuple[tuple[str, str], ...] = ()
    hints: tuple[str, ...] = ()


def choose(requests: Sequence[Request], catalogue: Catalogue, target: Target, today: dt.date) -> Choice:
    """Return the newest patch, of the default line if all requests allow it, else of the newest they allow.

    Raises PlatformError if there is nothing for the target, ConfigurationError, naming the sources, if no
    known version will do.
    """
    runtimes = catalogue.for_target(target.os, target.arch)
    if not runtimes:
        raise _no_runtimes(catalogue, target)
    for request in requests:
        _check_alone(request, runtimes, catalogue, today)
    allowed = [r for r in runtimes if all(request.allows(r.version) for request in requests)]
    if not allowed:
        raise _contradiction(requests, runtimes)
    preferred = [r for r in allowed if r.line == catalogue.default]
    runtime = (preferred or allowed)[-1]
    return Choice(
        runtime,
        _reason(requests, runtime),
        tuple(_end_of_life(runtime, catalogue, today)),
        tuple(_hints(requests, runtime, runtimes)),
    )


def _no_runtimes(catalogue: Catalogue, target: Target) -> PlatformError:
    known = sorted({f"{r.os}/{r.arch}" for r in catalogue.runtimes})
    return PlatformError(
        f"There is no Python for {target.os}/{target.arch}",
        detail=f"{catalogue.file} has runtimes for {', '.join(known)}.",
        advice="Build for one of these targets, or give a catalogue of your own with BP_PYTHON_RUNTIMES.",
    )


def _check_alone(request: Request, runtimes: Sequence[Runtime], catalogue: Catalogue, today: dt.date) -> None:
    """Refuse a request that no runtime satisfies, with the most telling reason."""
    if any(request.allows(runtime.version) for runtime in runtimes):
        return
    lines = list(dict.fromkeys(runtime.line for runtime in runtimes))
    if request.kind is Kind.RANGE:
        raise ConfigurationError(
            f"No known Python is in the range of {request.source}",
            detail=f"Found: {request.text}\nKnown lines: {', '.join(lines)}",
            advice=f"Change the range so that it holds one of them, such as {catalogue.default}.",
        )
    if request.line in lines:
        raise _unknown_patch(request, [r for r in runtimes if r.line == request.line])
    if _numbers(request.line) < _numbers(lines[0]):
        raise _too_old(request, lines, catalogue, today)
    raise ConfigurationError(
        f"Python {request.line} is not known to this buildpack ({request.source})",
        detail=f"Known lines: {', '.join(lines)}",
        advice=(
            f"If Python {request.line} is released, use a newer version of this buildpack; "
            f"otherwise ask for {catalogue.default}."
        ),
    )


def _unknown_patch(request: Request, runtimes: Sequence[Runtime]) -> ConfigurationError:
    line, oldest, newest = request.line, runtimes[0], runtimes[-1]
    known = f"{oldest.version} to {newest.version}" if len(runtimes) > 1 else newest.version
    return ConfigurationError(
        f"Python {request.pinned} is not known to this buildpack ({request.source})",
        detail=f"It knows these versions of {line}: {known}.",
        advice=(
            f"Ask for {line} to get the newest patch, {newest.version}. "
            "If a newer one is released, use a newer version of this buildpack."
        ),
    )


def _too_old(
    request: Request, lines: Sequence[str], catalogue: Catalogue, today: dt.date
) -> ConfigurationError:
    supported = [line for line in lines if catalogue.lines[line] >= today] or list(lines)
    return ConfigurationError(
        f"Python {request.line} has reached its end of life and is not available ({request.source})",
        detail=f"It gets no security updates any more. Supported lines: {', '.join(supported)}.",
        advice=f"Move the app to at least Python {supported[0]}, better to {catalogue.default}.",
    )


def _contradiction(requests: Sequence[Request], runtimes: Sequence[Runtime]) -> ConfigurationError:
    """Name the smallest set of sources that cannot be satisfied together: mostly two."""
    for size in range(2, len(requests) + 1):
        for some in combinations(requests, size):
            if not any(all(request.allows(r.version) for request in some) for r in runtimes):
                return _contradict(some, runtimes)
    return _contradict(requests, runtimes)  # not reached: the requests together do contradict each other


def _contradict(requests: Sequence[Request], runtimes: Sequence[Runtime]) -> ConfigurationError:
    names = _enumeration([request.source for request in requests])
    width = max(len(request.source) for request in requests)
    return ConfigurationError(
        f"{names} contradict each other: no known Python satisfies all of them",
        detail="\n".join(
            f"{request.source:<{width}}  {request.text}  (allows {_allowed(request, runtimes)})"
            for request in requests
        ),
        advice="Change one of them, so that they have a version in common.",
    )


def _allowed(request: Request, runtimes: Sequence[Runtime]) -> str:
    """Return the known versions a request allows, consecutive ones joined: "3.12.4 to 3.13.18"."""
    spans: list[list[str]] = []
    follows = False
    for runtime in runtimes:
        allows = request.allows(runtime.version)
        if allows and follows:
            spans[-1][1:] = [runtime.version]
        elif allows:
            spans.append([runtime.version])
        follows = allows
    return ", ".join(" to ".join(span) for span in spans)


def _reason(requests: Sequence[Request], runtime: Runtime) -> str:
    if not requests:
        return f"the default line is {runtime.line}, and nothing asks for another"
    return _enumeration([f"{request.source} asks for {request.text}" for request in requests])


def _end_of_life(runtime: Runtime, catalogue: Catalogue, today: dt.date) -> Iterable[tuple[str, str]]:
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


def _hints(requests: Sequence[Request], runtime: Runtime, runtimes: Sequence[Runtime]) -> Iterable[str]:
    newest = next(r for r in reversed(runtimes) if r.line == runtime.line)
    exact = [request.source for request in requests if request.kind is Kind.EXACT]
    if newest != runtime and exact:
        yield (
            f"Python {newest.version} is available. {_enumeration(exact)} holds on to {runtime.version}; "
            f"{runtime.line} alone would follow the patches."
        )
    if all(request.kind is Kind.RANGE for request in requests):
        yield f"A file .python-version with the line {runtime.line} keeps the app on this line."


def _enumeration(items: Sequence[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def _numbers(line: str) -> tuple[int, ...]:
    return tuple(map(int, line.split(".")))
