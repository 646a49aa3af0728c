"""Apps with large libraries: the whole `creator` and the memory of `bin/build`, beside app-venv as it was."""

from __future__ import annotations

from contextlib import ExitStack
from textwrap import shorten
from typing import TYPE_CHECKING

from benchmarks.bench import COMPOSITE, EARLIER, HERE, ROOT, VENV, Bench
from benchmarks.measure import alternate
from benchmarks.rebuilds import NEEDS, Workplace, compared
from benchmarks.requirements import pins
from benchmarks.resident import resident
from benchmarks.rows import Aim, Row, Series, Skipped, Unit
from buildpack_release.errors import MissingToolError
from buildpack_testing import needs
from buildpack_testing.cnb.creator import Group
from buildpack_testing.package_index import MANYLINUX, fill_index

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.rebuilds import Rebuild

GROUP = "heavy"
_STACK = ROOT / "tests" / "fixtures" / "projects" / "heavy" / "requirements.txt"
_CUDA = HERE / "requirements-cuda.txt"
_TENSORFLOW = HERE / "requirements-tensorflow.txt"
_MORE_TAGS = {_CUDA: ("manylinux_2_27",)}
"""Platforms of wheels beside the usual ones; other indexes are those that tests have filled already."""
_SWAPPED = "idna"
_AGAINST = f"app-venv of {EARLIER}"
_MEMORY = 150e6
_PROGRAM, _INSTALLER = f"buildpacks/{VENV.replace('/', '_')}/", "__pip-runner__"
"""Parts of command lines: of our program, and of the pip that it starts, whose memory is its own affair."""


def measure(bench: Bench) -> Iterator[Row | Skipped]:
    """Change one small requirement beside large ones, and nothing."""
    lacking = needs.missing(NEEDS)
    if lacking:
        yield Skipped(GROUP, "all", needs.describe(lacking))
        return
    try:
        _ = bench.earlier
    except MissingToolError as error:
        yield Skipped(GROUP, "all", error.title)
        return
    yield from _stack(bench, "766 MB", _STACK, (Aim.ratio(0.35), Aim.ratio(0.4)), Aim.ratio(0.5))
    if not bench.quick:
        aims = Aim.ratio(0.15), Aim.ratio(0.1)
        yield from _stack(bench, "ONNX Runtime with CUDA", _CUDA, aims, Aim())
        yield from _stack(bench, "TensorFlow", _TENSORFLOW, (Aim(), Aim()), Aim())


def _stack(
    bench: Bench, what: str, requirements: Path, changed: tuple[Aim, Aim], unchanged: Aim
) -> Iterator[Row]:
    """Measure one app in a place of its own."""
    tags = (*MANYLINUX, *_MORE_TAGS.get(requirements, ()))
    index = fill_index([requirements], bench.runtimes.minors[-1:], manylinux=tags, report=bench.say)
    with ExitStack() as stack:
        place = Workplace.start(bench, f"heavy/{requirements.stem}", index.wheels, stack)
        yield from _compared(place, what, pins(requirements.read_text("utf-8")), changed, unchanged)


def _compared(
    place: Workplace, what: str, pinned: dict[str, str], changed: tuple[Aim, Aim], unchanged: Aim
) -> Iterator[Row]:
    bench = place.bench
    bench.say(f"  {what}: from nothing, then again and again")
    first, then = place.apps("app", pinned, _SWAPPED)
    with resident(_PROGRAM, place.root, _INSTALLER) as cold:
        now = place.build("now", Group(bench.assembled, [[COMPOSITE]]), first)
    earlier = place.build("then", Group(bench.earlier, [[COMPOSITE]]), first)
    changes = now.changed(then), earlier.changed(then)
    same = now.unchanged(first), earlier.unchanged(first)
    names = ("now changed", "then changed", "now unchanged", "then unchanged")
    alternate({name: one.side for name, one in zip(names, (*changes, *same), strict=True)}, bench.few)
    with resident(_PROGRAM, place.root, _INSTALLER) as again:
        _once_more(changes[0])
    app = f"creator, one requirement changed, {what}"
    yield from compared(GROUP, app, _AGAINST, changes, changed)
    yield from compared(GROUP, f"creator, unchanged, {what}", _AGAINST, same, (unchanged, Aim()))
    for case, peaks in (("from nothing", cold), ("one requirement changed", again)):
        size, command = peaks.largest
        yield Row(
            group=GROUP, what=f"bin/build of app-venv, {case}, {what}: memory", against="an absolute limit",
            ours=Series((float(size),)), unit=Unit.BYTES, aim=Aim.value(_MEMORY), note=shorten(command, 80),
        )  # fmt: skip


def _once_more(rebuild: Rebuild) -> None:
    """Build without counting it."""
    rebuild.prepare()
    rebuild.act()
    rebuild.found.pop()
