"""`bin/detect` of each component against a program that does nothing."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from benchmarks.bench import APPS, COMPOSITE, Bench
from benchmarks.measure import Side, alternate, run
from benchmarks.rows import Aim, Row
from buildpack_testing.workspace import SYSTEM_PATH

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.measure import Sample

GROUP = "detect"
_MOST = 0.005


def measure(bench: Bench) -> Iterator[Row]:
    """Start them in turn, in the directory of a sample app."""
    work = bench.directory("detect")
    (work / "platform").mkdir()
    components = [one for one in map(_id, bench.assembled) if one != COMPOSITE]
    sides = {one: Side(partial(_detect, bench.buildpack(one), work)) for one in components}
    true = "/bin/true"
    sides[true] = Side(lambda: run([true], env={"PATH": SYSTEM_PATH}, cwd=APPS / "flask"))
    found = alternate(sides, bench.many, warm_up=True)
    for one in components:
        yield Row.timed(GROUP, f"bin/detect of {one}", true, found[one], found[true], Aim.more(_MOST))


def _id(assembled: Path) -> str:
    return assembled.name.replace("_", "/", 1)


def _detect(buildpack: Path, work: Path) -> Sample:
    plan, platform = work / "plan.toml", work / "platform"
    env = {
        "PATH": SYSTEM_PATH,
        "CNB_BUILDPACK_DIR": str(buildpack),
        "CNB_PLATFORM_DIR": str(platform),
        "CNB_BUILD_PLAN_PATH": str(plan),
    }
    return run([buildpack / "bin" / "detect", platform, plan], env=env, cwd=APPS / "flask")
