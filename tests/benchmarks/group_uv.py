"""app-venv with uv: against bare uv, against what others do after restoring, and against pip."""

from __future__ import annotations

import shutil
import sys
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.bench import PINNED, VENV, Bench, plain_environment
from benchmarks.jobs import Environments, Job
from benchmarks.measure import Side, alternate, run
from benchmarks.requirements import lock_project, locked, names, pins
from benchmarks.rows import Aim, Row
from buildpack_testing.package_index import write_index
from support.uv_wheels import uv_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GROUP = "uv"
_SYNC = ("sync", "--locked", "--no-default-groups", "--compile-bytecode")
_BARE = "uv sync --locked --compile-bytecode, no cache"
_AGAIN = "uv sync on the environment that is there"
_PIP = "app-venv with pip, cold"
_COMPILE = """
import sys
from pathlib import Path
from buildpack_api.bytecode import compile_tree
compile_tree(Path(sys.argv[1]), Path(sys.argv[2]), env={})
"""


def measure(bench: Bench) -> Iterator[Row]:
    """Install the same packages with uv and with pip."""
    directory = bench.directory("uv/index")
    served = bench.serve_index(write_index([*bench.wheels.wheels, uv_wheel()], directory).directory)
    index = {**served, "UV_DEFAULT_INDEX": served["PIP_INDEX_URL"]}
    app = _project(bench, index)
    job = Job.of(bench, "uv/job", index, app)
    by_uv = Environments(job, file="uv.lock")
    by_pip = Environments(Job.of(bench, "uv/pip", index))
    lock, pinned = (app / "uv.lock").read_text("utf-8"), locked(PINNED, bench.wheels.wheels)
    by_uv.make("locked", lock)
    sides = {
        "cold": Side(by_uv.act, partial(by_uv.enter_empty, lock)),
        "unchanged": Side(by_uv.act, partial(by_uv.enter, "locked", lock)),
        "pip": Side(by_pip.act, partial(by_pip.enter_empty, pinned)),
        "bytecode": _bytecode(bench, job),
        **_peers(bench, job, app, index),
    }
    found = alternate(sides, bench.few)
    count = f"{len(names(PINNED))} packages, locked"
    yield Row.timed(GROUP, f"cold, {count}", _BARE, found["cold"], found["bare"], Aim.ratio(1.15))
    yield Row.timed(GROUP, f"cold, {count}", _PIP, found["cold"], found["pip"], Aim.ratio(0.55))
    floor = f"bytecode alone, {count}, whatever installs"
    yield Row.timed(GROUP, floor, _PIP, found["bytecode"], found["pip"])
    yield Row.timed(GROUP, f"unchanged, {count}", _AGAIN, found["unchanged"], found["again"], Aim.ratio(0.5))


def _project(bench: Bench, index: dict[str, str]) -> Path:
    """Make an app that asks for the packages, and lock it."""
    app = bench.directory("uv/app")
    pinned = pins(PINNED.read_text("utf-8"))
    lock_project(app, pinned, bench.runtimes.minors[-1], index["UV_DEFAULT_INDEX"])
    return app


def _bytecode(bench: Bench, job: Job) -> Side:
    """Compile what is installed, and nothing else: what is left if a tool takes no time at all."""
    tree = bench.directory("uv/bytecode") / "lib"
    shutil.copytree(job.layers(VENV) / "venv" / "venv" / "lib", tree, symlinks=True)
    return Side(partial(run, [sys.executable, "-c", _COMPILE, job.python, tree]))


def _peers(bench: Bench, job: Job, app: Path, index: dict[str, str]) -> dict[str, Side]:
    """Return both peers: the same uv in the same Python, with a cold cache, and on what it has made."""
    path = job.result.run(VENV).environment["PATH"]
    uv = shutil.which("uv", path=path)
    sides = {}
    for side, kept in (("bare", False), ("again", True)):
        root = bench.directory(f"uv/{side}")
        place = shutil.copytree(app, root / "app")
        env = plain_environment(bench.scratch / "home", **index, UV_CACHE_DIR=str(root / "cache"))
        command = [str(uv), *_SYNC, "--quiet", "--no-managed-python", "--python", str(job.python)]
        act = partial(run, command, env=env, cwd=place)
        if kept:
            act()
        forget = [] if kept else [place / ".venv", root / "cache"]
        sides[side] = Side(act, partial(_remove, forget))
    return sides


def _remove(directories: list[Path]) -> None:
    for directory in directories:
        shutil.rmtree(directory, ignore_errors=True)
