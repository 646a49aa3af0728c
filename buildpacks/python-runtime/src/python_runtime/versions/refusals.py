"""Why no version can be chosen: each way to have none has its own error."""

from __future__ import annotations

import re
from itertools import combinations, groupby
from operator import itemgetter
from typing import TYPE_CHECKING

from buildpack_api.errors import ConfigurationError, PlatformError
from python_runtime.versions.request import PythonRequest, RequestKind
from python_runtime.versions.spelling import enumeration, visible

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence

    from buildpack_api.target import Target
    from buildpack_common.runtimes_catalogue import Runtime, RuntimesCatalogue

# "==3.12" is a release of two numbers, equal to 3.12.0 (PEP 440, 'Version matching').
_FIRST_PATCH = re.compile(r"={2,3}\s*(\d+\.\d+)(?![\d.])")


def no_runtimes(catalogue: RuntimesCatalogue, target: Target) -> PlatformError:
    """Return the error for a target that the catalogue has nothing for."""
    known = sorted({f"{r.os}/{r.arch}" for r in catalogue.runtimes})
    return PlatformError(
        f"There is no Python for {target.os}/{target.arch}",
        detail=f"{catalogue.file} has runtimes for {', '.join(known)}.",
        advice="Build for one of these targets, or give a catalogue of your own with BP_PYTHON_RUNTIMES.",
    )


def check_alone(
    request: PythonRequest, runtimes: Sequence[Runtime], catalogue: RuntimesCatalogue, today: dt.date
) -> None:
    """Refuse a request that no runtime satisfies, with the most telling reason."""
    if any(request.allows(runtime.version) for runtime in runtimes):
        return
    lines = list(dict.fromkeys(runtime.line for runtime in runtimes))
    if request.kind is RequestKind.RANGE:
        raise _empty_range(request, runtimes, catalogue)
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


def _empty_range(
    request: PythonRequest, runtimes: Sequence[Runtime], catalogue: RuntimesCatalogue
) -> ConfigurationError:
    first_patch = _FIRST_PATCH.search(request.text)
    known = "\n".join(f"  {', '.join(_patches(list(of_line)))}" for _, of_line in _by_line(runtimes))
    return ConfigurationError(
        f"No known Python is in the range of {request.source}",
        detail=f"Found: {visible(request.text)}"
        + (f"\n=={first_patch[1]} means {first_patch[1]}.0 alone." if first_patch else "")
        + f"\nThis buildpack knows:\n{known}",
        advice=f"For the newest patch of a line write =={first_patch[1]}.*"
        if first_patch
        else f"Change the range so that it holds one of them, such as >={catalogue.default}. "
        "If it is for a newer Python that is released, use a newer version of this buildpack.",
    )


def _unknown_patch(request: PythonRequest, runtimes: Sequence[Runtime]) -> ConfigurationError:
    line, newest = request.line, runtimes[-1]
    advice = f"Ask for {line} to get the newest patch, {newest.version}"
    if _numbers(request.pinned) > newest.numbers:
        advice += ". If a newer one is released, use a newer version of this buildpack."
    else:
        # The next one has all that the patch has, and fixes.
        after = next(runtime for runtime in runtimes if runtime.numbers > _numbers(request.pinned))
        advice += f", or for {after.version}, the next one that there is an archive of."
    return ConfigurationError(
        f"Python {request.pinned} is not known to this buildpack ({request.source})",
        detail=f"It knows these versions of {line}: {', '.join(_patches(runtimes))}.",
        advice=advice,
    )


def _too_old(
    request: PythonRequest, lines: Sequence[str], catalogue: RuntimesCatalogue, today: dt.date
) -> ConfigurationError:
    supported = [line for line in lines if catalogue.lines[line] >= today] or list(lines)
    return ConfigurationError(
        f"Python {request.line} has reached its end of life and is not available ({request.source})",
        detail=f"It gets no security updates any more. Supported lines: {', '.join(supported)}.",
        advice=f"Move the app to at least Python {supported[0]}, better to {catalogue.default}.",
    )


def contradiction(requests: Sequence[PythonRequest], runtimes: Sequence[Runtime]) -> ConfigurationError:
    """Name the smallest set of sources that cannot be satisfied together: mostly two."""
    for size in range(2, len(requests) + 1):
        for some in combinations(requests, size):
            if not any(all(request.allows(r.version) for request in some) for r in runtimes):
                return _contradict(some, runtimes)
    return _contradict(requests, runtimes)  # not reached: the requests together do contradict each other


def _contradict(requests: Sequence[PythonRequest], runtimes: Sequence[Runtime]) -> ConfigurationError:
    names = enumeration([request.source for request in requests])
    width = max(len(request.source) for request in requests)
    return ConfigurationError(
        f"{names} contradict each other: no known Python satisfies all of them",
        detail="\n".join(
            f"{request.source:<{width}}  {request.text}  (allows {_allowed(request, runtimes)})"
            for request in requests
        ),
        advice="Change one of them, so that they have a version in common.",
    )


def _allowed(request: PythonRequest, runtimes: Sequence[Runtime]) -> str:
    """Return the known versions a request allows, consecutive ones joined: "3.12.4 to 3.13.18"."""
    return ", ".join(_spans(runtimes, [request.allows(runtime.version) for runtime in runtimes]))


def _spans(runtimes: Sequence[Runtime], chosen: Sequence[bool]) -> Iterator[str]:
    for wanted, span in groupby(zip(runtimes, chosen, strict=True), key=itemgetter(1)):
        if wanted:
            yield _span([runtime for runtime, _ in span])


def _by_line(runtimes: Sequence[Runtime]) -> Iterator[tuple[str, Iterator[Runtime]]]:
    return groupby(runtimes, key=lambda runtime: runtime.line)


def _patches(runtimes: Sequence[Runtime]) -> Iterator[str]:
    """Yield all versions of a line, those that follow each other joined: "3.11.1", "3.11.3 to 3.11.18"."""
    numbered = enumerate(runtimes)
    for _, span in groupby(numbered, key=lambda item: item[1].numbers[2] - item[0]):
        yield _span([runtime for _, runtime in span])


def _span(runtimes: Sequence[Runtime]) -> str:
    return " to ".join(dict.fromkeys((runtimes[0].version, runtimes[-1].version)))


def _numbers(line: str) -> tuple[int, ...]:
    return tuple(map(int, line.split(".")))
