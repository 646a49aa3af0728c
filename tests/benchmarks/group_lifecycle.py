"""The real lifecycle's `creator`: ours beside small buildpacks that do what our peers do."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from benchmarks.bench import APPS, COMPOSITE, HERE, PINNED, PIP, RUNTIME, UV, Bench
from benchmarks.measure import alternate
from benchmarks.rebuilds import NEEDS, Workplace, compared
from benchmarks.requirements import pins
from benchmarks.rows import Aim, Row, Skipped
from buildpack_testing import needs
from buildpack_testing.cnb.creator import Group

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

GROUP = "lifecycle"
_PIP = "pip install into a new environment each time, pip's cache kept"
_UV = "uv sync on the environment that was kept"


def measure(bench: Bench) -> Iterator[Row | Skipped]:
    """Change one requirement of an app of some size and of a small one, and nothing."""
    lacking = needs.missing(NEEDS)
    if lacking:
        yield Skipped(GROUP, "all", needs.describe(lacking))
        return
    with ExitStack() as stack:
        place = Workplace.start(bench, GROUP, bench.wheels.wheels, stack)
        large = pins(PINNED.read_text("utf-8"))
        yield from _beside_pip(place, f"{len(large)} packages, locked", large, "whitenoise", 0.6)
        yield from _beside_uv(place, f"{len(large)} packages, uv.lock", large, "whitenoise")
        small = pins((APPS / "flask" / "requirements.txt").read_text("utf-8"))
        yield from _beside_pip(place, f"Flask, {len(small)} packages, locked", small, "click", 0.85)


def _beside_pip(
    place: Workplace, what: str, pinned: Mapping[str, str], leaf: str, aim: float
) -> Iterator[Row]:
    bench = place.bench
    bench.say(f"  {what}: from nothing, then again and again")
    first, then = place.apps(leaf, pinned, leaf)
    built = {
        "ours": place.build(f"{leaf}/ours", Group(bench.assembled, [[COMPOSITE]]), first),
        "pip": place.build(f"{leaf}/pip", _peer(bench, "pip-each-time", PIP), first),
    }
    changed = {f"{name} changed": one.changed(then) for name, one in built.items()}
    unchanged = {f"{name} unchanged": one.unchanged(first) for name, one in built.items()}
    alternate({name: one.side for name, one in {**changed, **unchanged}.items()}, bench.few)
    ours, theirs = changed.values()
    aims = (Aim.ratio(aim), Aim())
    yield from compared(GROUP, f"creator, one requirement changed, {what}", _PIP, (ours, theirs), aims)
    ours, theirs = unchanged.values()
    yield from compared(GROUP, f"creator, unchanged, {what}", _PIP, (ours, theirs), (Aim(), Aim()))


def _beside_uv(place: Workplace, what: str, pinned: Mapping[str, str], leaf: str) -> Iterator[Row]:
    bench = place.bench
    bench.say(f"  {what}: from nothing, then again and again")
    first, then = place.apps("uv", pinned, leaf, uv=True)
    ours = place.build("uv/ours", Group(bench.assembled, [[COMPOSITE]]), first).changed(then)
    theirs = place.build("uv/uv", _peer(bench, "uv-sync", UV), first).changed(then)
    alternate({"ours": ours.side, "theirs": theirs.side}, bench.few)
    what = f"creator, one requirement changed, {what}"
    yield from compared(GROUP, what, _UV, (ours, theirs), (Aim(), Aim()))


def _peer(bench: Bench, name: str, tool: str) -> Group:
    """Return a peer after our Python and our tool, so that both are the same on either side."""
    ours = [bench.buildpack(one) for one in (RUNTIME, tool)]
    return Group([*ours, HERE / "peers" / name], [[RUNTIME, tool, f"peers/{name}"]])
