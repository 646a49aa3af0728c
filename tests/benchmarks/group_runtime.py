"""python-runtime from an archive on disk, against tar and compileall."""

from __future__ import annotations

import os
import shutil
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.bench import RUNTIME, Bench, plain_environment
from benchmarks.jobs import Job
from benchmarks.measure import Side, alternate, run
from benchmarks.rows import Aim, Row

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GROUP = "runtime"
# Somebody who unpacks the same archive and compiles what was in it, on all cores.
_PEER = """
set -e
tar -x -z -f "$1" -C "$2"
cd "$2/python"
"bin/python$3" -I -m compileall -q -f -j 0 --invalidation-mode unchecked-hash "lib/python$3"
"""


def measure(bench: Bench) -> Iterator[Row]:
    """Make the layer from nothing, in turn with the peer."""
    job = Job.of(bench, "runtime")
    archive = bench.runtimes.archives[-1]
    target = bench.directory("runtime/peer")
    command: list[str | Path] = ["/bin/sh", "-c", _PEER, "sh", archive.file, target, archive.minor]
    env = plain_environment(bench.scratch / "home")
    sides = {
        "ours": Side(partial(job.again, RUNTIME), partial(job.forget, RUNTIME)),
        "peer": Side(partial(run, command, env=env), partial(_renew, target)),
    }
    found = alternate(sides, bench.rounds, warm_up=not bench.quick)
    what = f"python-runtime {archive.minor}, cold, archive on disk"
    against = f"tar xzf + compileall, {os.cpu_count()} workers"
    yield Row.timed(GROUP, what, against, found["ours"], found["peer"], Aim.ratio(1.2))
    shutil.rmtree(target)


def _renew(directory: Path) -> None:
    shutil.rmtree(directory)
    directory.mkdir()
