"""How cost grows with the dependencies of an app and with the buildpacks of a repository."""

from __future__ import annotations

import shutil
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.bench import Bench, inv
from benchmarks.jobs import Environments, Job
from benchmarks.measure import Side, alternate, run
from benchmarks.repositories import generate
from benchmarks.requirements import hashed
from benchmarks.rows import Aim, Curve, Row, Series
from buildpack_testing.package_index import write_index
from support.wheels import Project, make_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.measure import Sample

GROUP = "growth"
_DEPENDENCIES = (10, 50, 150)
_BUILDPACKS = (1, 5, 20)
_MODULES = 12
# Noise of a measured ratio that is no growth.
_SLACK = 1.2


def measure(bench: Bench) -> Iterator[Row | Curve]:
    """Measure apps and repositories of three sizes each, in turn."""
    for curve in (*_apps(bench), *_repositories(bench)):
        yield curve
        count, _, processor = curve.points[-1]
        yield Row(
            group=GROUP,
            what=f"{curve.name}, {count} {curve.axis}, processor time",
            against="a straight line through the two smaller sizes",
            ours=processor,
            theirs=Series((curve.straight(count),) * len(processor.values)),
            aim=Aim.ratio(_SLACK),
        )


def _apps(bench: Bench) -> list[Curve]:
    wheels = _wheels(bench.directory("growth/wheels"))
    index = write_index(wheels, bench.scratch / "growth" / "index")
    variables = bench.serve_index(index.directory)
    app = bench.directory("growth/app")
    (app / "requirements.txt").write_text("", "utf-8")
    environments = Environments(Job.of(bench, "growth/job", variables, app))
    sides: dict[str, Side] = {}
    for count in _DEPENDENCIES:
        texts = {"unlocked": _lines(count), "locked": hashed(wheels[:count])}
        for kind, text in texts.items():
            name = f"{kind} {count}"
            environments.make(name, text)
            sides[f"unchanged, {name}"] = Side(environments.act, partial(environments.enter, name, text))
        cold = partial(environments.enter_empty, texts["locked"])
        sides[f"cold, locked {count}"] = Side(environments.act, cold)
    found = alternate(sides, bench.few)
    kinds = ("cold, locked", "unchanged, locked", "unchanged, unlocked")
    return [_curve(f"app-venv {kind}", "dependencies", _DEPENDENCIES, found, kind) for kind in kinds]


def _repositories(bench: Bench) -> list[Curve]:
    sides: dict[str, Side] = {}
    for count in _BUILDPACKS:
        root = generate(bench.scratch / "growth" / f"repository-{count}", count)
        package, check = (partial(run, inv(root, task), cwd=root) for task in ("package", "check"))
        package()
        sides[f"cold {count}"] = Side(package, partial(_forget, root))
        sides[f"unchanged {count}"] = Side(package)
        sides[f"check {count}"] = Side(check)
    found = alternate(sides, bench.rounds)
    names = {"cold": "inv package, cold", "unchanged": "inv package, unchanged", "check": "inv check"}
    return [_curve(name, "buildpacks", _BUILDPACKS, found, kind) for kind, name in names.items()]


def _curve(name: str, axis: str, counts: tuple[int, ...], found: dict[str, list[Sample]], kind: str) -> Curve:
    samples = [found[f"{kind} {count}"] for count in counts]
    points = tuple((n, Series.wall(one), Series.cpu(one)) for n, one in zip(counts, samples, strict=True))
    return Curve(name, axis, points)


def _forget(root: Path) -> None:
    shutil.rmtree(root / "dist")


def _wheels(directory: Path) -> list[Path]:
    """Make as many wheels as the largest app has, each with some modules to compile."""
    text = "".join(f"def function_{one}(value):\n    return [value, {one}]\n\n\n" for one in range(60))
    wheels = []
    for number in range(max(_DEPENDENCIES)):
        name = _name(number)
        modules = {f"{name.replace('-', '_')}_{one}.py": text for one in range(_MODULES)}
        wheels.append(make_wheel(Project(name, files=modules), directory))
    return wheels


def _lines(count: int) -> str:
    return "".join(f"{_name(number)}\n" for number in range(count))


def _name(number: int) -> str:
    return f"bench-part-{number:03}"
