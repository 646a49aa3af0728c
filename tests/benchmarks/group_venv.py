"""app-venv against bare pip, and against installing again with a wheel cache, with 71 real packages."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.bench import DIRECT, EARLIER, PINNED, Bench, plain_environment
from benchmarks.jobs import Environments, Job
from benchmarks.measure import Sample, Side, alternate, run
from benchmarks.requirements import locked, names
from benchmarks.rows import Aim, Row, Skipped
from buildpack_release.errors import MissingToolError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GROUP = "venv"
_BARE = "python -m venv + pip install, no cache"
_AGAIN = "the same with pip's cache: always reinstalling"
# What one change takes out of the requirements: nothing else needs it.
_LEAVES = ("whitenoise", "pyjwt")


def measure(bench: Bench) -> Iterator[Row | Skipped]:
    """Install an app's requirements, pinned with hashes and as an app's author writes them."""
    job = Job.of(bench, "venv")
    environments = Environments(job)
    pinned = locked(PINNED, bench.wheels.wheels)
    yield from _locked(bench, environments, pinned)
    yield from _changed(bench, environments, pinned)
    yield from _unlocked(bench, environments, "".join(f"{name}\n" for name in names(DIRECT)))


def _locked(bench: Bench, environments: Environments, text: str) -> Iterator[Row]:
    bench.say("  requirements with hashes")
    environments.make("locked", text)
    changes = _Change(environments, text)
    changes.make()
    sides = {
        "cold": Side(environments.act, partial(environments.enter_empty, text)),
        "unchanged": Side(environments.act, partial(environments.enter, "locked", text)),
        "changed": Side(environments.act, changes.prepare),
        **_peers(bench, environments.job, "locked", text),
    }
    found = alternate(sides, bench.few)
    count = f"{len(names(PINNED))} packages, locked"
    bare, again = found["bare"], found["again"]
    yield Row.timed(GROUP, f"cold, {count}", _BARE, found["cold"], bare, Aim.ratio(1.1))
    yield Row.timed(GROUP, f"unchanged, {count}", _AGAIN, found["unchanged"], again, Aim.ratio(0.1))
    yield Row.timed(GROUP, f"unchanged, {count}", _BARE, found["unchanged"], bare)
    yield Row.timed(GROUP, f"one requirement changed, {count}", _AGAIN, found["changed"], again)
    yield Row.timed(GROUP, f"one requirement changed, {count}", _BARE, found["changed"], bare)


def _changed(bench: Bench, now: Environments, text: str) -> Iterator[Row | Skipped]:
    """Hold a change of one requirement against what it cost at an earlier commit."""
    count = f"one requirement changed, {len(names(PINNED))} packages, locked"
    try:
        buildpacks = bench.earlier
    except MissingToolError as error:
        yield Skipped(GROUP, count, error.title)
        return
    bench.say(f"  one requirement changed, against {EARLIER}")
    then = Environments(Job.of(bench, "venv-earlier", buildpacks=buildpacks))
    sides = {}
    for name, environments in (("now", now), ("then", then)):
        changes = _Change(environments, text)
        changes.make()
        sides[name] = Side(environments.act, changes.prepare)
    found = alternate(sides, bench.few)
    yield Row.timed(GROUP, count, f"app-venv of {EARLIER}", found["now"], found["then"], Aim.ratio(0.35))


def _unlocked(bench: Bench, environments: Environments, text: str) -> Iterator[Row]:
    bench.say("  requirements without versions")
    environments.make("unlocked", text)
    sides = {
        "cold": Side(environments.act, partial(environments.enter_empty, text)),
        "unchanged": Side(environments.act, partial(environments.enter, "unlocked", text)),
        **_peers(bench, environments.job, "unlocked", text),
    }
    found = alternate(sides, bench.few)
    count = f"{len(names(DIRECT))} requirements, unlocked"
    bare, again = found["bare"], found["again"]
    yield Row.timed(GROUP, f"cold, {count}", _BARE, found["cold"], bare, Aim.ratio(1.1))
    yield Row.timed(GROUP, f"unchanged, {count}", _AGAIN, found["unchanged"], again, Aim.ratio(1 / 3))
    yield Row.timed(GROUP, f"unchanged, {count}", _BARE, found["unchanged"], bare)


@dataclass
class _Change:
    """Takes another requirement out each time, and puts the one before back."""

    environments: Environments
    text: str
    count: int = 0

    def make(self) -> None:
        """Build the first state."""
        self.prepare()
        self.environments.act()

    def prepare(self) -> None:
        """Change the requirements."""
        leaf = _LEAVES[self.count % len(_LEAVES)]
        self.count += 1
        lines = self.text.splitlines(keepends=True)
        kept = "".join(line for line in lines if not line.startswith(f"{leaf}=="))
        self.environments.enter("changed", kept)


def _peers(bench: Bench, job: Job, name: str, text: str) -> dict[str, Side]:
    """Give both peers: pip in an environment made by venv, in the same Python, from the same index."""
    root = bench.directory(f"venv/{name}")
    requirements = root / "requirements.txt"
    requirements.write_text(text, "utf-8")
    variables = {**bench.index_variables, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    sides = {}
    for side, cached in (("bare", False), ("again", True)):
        cache = root / f"cache-{side}"
        env = plain_environment(bench.scratch / "home", **variables, PIP_CACHE_DIR=str(cache))
        act = partial(_install, job.python, root / side, requirements, env)
        if cached:
            act()
        forget = [root / side] if cached else [root / side, cache]
        sides[side] = Side(act, partial(_remove, forget))
    return sides


def _install(python: Path, venv: Path, requirements: Path, env: dict[str, str]) -> Sample:
    script = '"$1" -m venv "$2" && "$2/bin/pip" install --quiet --requirement "$3"'
    return run(["/bin/sh", "-c", script, "sh", python, venv, requirements], env=env, cwd=venv.parent)


def _remove(directories: list[Path]) -> None:
    for directory in directories:
        shutil.rmtree(directory, ignore_errors=True)
