"""`bin/build` of each component with its layer reused, against a bare interpreter."""

from __future__ import annotations

import shutil
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.bench import COMPONENTS, PIP, RUNTIME, VENV, Bench
from benchmarks.jobs import Job
from benchmarks.measure import Side, alternate, run
from benchmarks.rows import Aim, Row

if TYPE_CHECKING:
    from collections.abc import Iterator

GROUP = "reuse"
_MOST = 0.1
_BARE = ("-I", "-S", "-c", "pass")


def measure(bench: Bench) -> Iterator[Row]:
    """Build the sample app once, then run each component again and again with nothing changed."""
    job = Job.of(bench, "reuse")
    own = str(job.python)
    # What runs python-runtime is the build image's; the others run with what python-runtime has made.
    interpreters = {RUNTIME: _image_python(job), PIP: own, VENV: own}
    sides = {one: Side(partial(job.again, one)) for one in COMPONENTS}
    sides |= {name: Side(partial(run, [name, *_BARE])) for name in interpreters.values()}
    found = alternate(sides, bench.many, warm_up=True)
    for one in COMPONENTS:
        against = "python3 -I -S -c pass" + (", the build image's" if one == RUNTIME else "")
        ours, theirs = found[one], found[interpreters[one]]
        yield Row.timed(GROUP, f"bin/build of {one}, layer reused", against, ours, theirs, Aim.more(_MOST))


def _image_python(job: Job) -> str:
    found = shutil.which("python3", path=job.platform.base.build_path)
    if found is None:  # the platform sees to it that there is one
        raise FileNotFoundError("python3")
    return found
