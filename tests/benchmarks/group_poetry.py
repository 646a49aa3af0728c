"""app-venv with Poetry against bare Poetry, with 71 real packages that are locked."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.bench import PINNED, POETRY, VENV, plain_environment
from benchmarks.jobs import Job
from benchmarks.measure import Sample, Side, alternate, run
from benchmarks.requirements import names
from benchmarks.rows import Aim, Row
from buildpack_testing.package_index import write_index
from buildpack_testing.server import serve
from support.poetry_projects import poetry_locked_project
from support.poetry_wheels import poetry_wheels

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.bench import Bench

GROUP = "poetry"
_BARE = "python -m venv + poetry install --only main --compile, no cache"
_AGAIN = "poetry sync --only main --compile in the environment that is there"


def measure(bench: Bench) -> Iterator[Row]:
    """Install a project, and look at it again when nothing has changed."""
    wheels = [*bench.wheels.wheels, *poetry_wheels(bench.runtimes.minors[-1:])]
    index = write_index(wheels, bench.directory("poetry wheels") / "index")
    server = bench.stack.enter_context(serve(index.directory))
    app = bench.directory("poetry app")
    (app / "requirements.txt").write_text("".join(f"{name}\n" for name in names(PINNED)), "utf-8")
    poetry_locked_project(app, server, oldest=bench.runtimes.minors[-1])
    job = Job.of(bench, "poetry", {"PIP_INDEX_URL": f"{server.url}/simple/"}, app)
    peers = _Peers(job, bench.directory("bare poetry"), bench.scratch / "home")
    peers.install()
    act = partial(job.again, VENV)
    sides = {
        "cold": Side(act, partial(job.forget, VENV)),
        "bare": Side(peers.install, peers.forget),
    }
    found = alternate(sides, bench.few)
    count = f"{len(names(PINNED))} packages"
    yield Row.timed(GROUP, f"cold, {count}", _BARE, found["cold"], found["bare"], Aim.ratio(1.1))
    found = alternate({"unchanged": Side(act), "again": Side(peers.sync)}, bench.rounds)
    unchanged, again = found["unchanged"], found["again"]
    yield Row.timed(GROUP, f"unchanged, {count}", _AGAIN, unchanged, again, Aim.ratio(0.5))


@dataclass
class _Peers:
    """The same Poetry, on the same Python, in an environment and with a cache of its own."""

    job: Job
    root: Path
    home: Path

    def install(self) -> Sample:
        """Make the environment and install into it."""
        script = '"$1" -m venv "$2" && "$3" install --only main --compile --no-interaction --quiet'
        return self._run(script)

    def sync(self) -> Sample:
        """Do what others do after they have restored an environment."""
        return self._run('"$3" sync --only main --compile --no-interaction --quiet')

    def forget(self) -> None:
        """Remove the environment, and what Poetry has kept."""
        for name in ("venv", "cache"):
            shutil.rmtree(self.root / name, ignore_errors=True)

    def _run(self, script: str) -> Sample:
        venv = self.root / "venv"
        poetry = self.job.layers(POETRY) / "poetry/poetry/bin/poetry"
        env = plain_environment(
            self.home,
            VIRTUAL_ENV=str(venv),
            POETRY_CACHE_DIR=str(self.root / "cache"),
            POETRY_KEYRING_ENABLED="false",
        )
        command = ("/bin/sh", "-c", script, "sh", str(self.job.python), str(venv), str(poetry))
        return run(command, env=env, cwd=self.job.platform.workspace.app)
