"""How long a task of `inv` takes that does next to nothing, against Python that only imports Invoke."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from benchmarks.bench import ROOT, Bench, inv
from benchmarks.measure import Side, alternate, run
from benchmarks.rows import Aim, Row

if TYPE_CHECKING:
    from collections.abc import Iterator

GROUP = "tasks"
_START = "import invoke"


def measure(bench: Bench) -> Iterator[Row]:
    """List the tasks, and the buildpacks."""
    sides = {
        "start": Side(lambda: run([sys.executable, "-c", _START], cwd=ROOT)),
        "inv -l": Side(lambda: run(inv(ROOT, "-l"), cwd=ROOT)),
        "inv list": Side(lambda: run(inv(ROOT, "list"), cwd=ROOT)),
    }
    found = alternate(sides, bench.many, warm_up=True)
    for what in ("inv -l", "inv list"):
        yield Row.timed(GROUP, what, f"python -c '{_START}'", found[what], found["start"], Aim.ratio(1.2))
