"""How much memory a large layer takes: packaging and publishing stream."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from benchmarks.bench import Bench, inv
from benchmarks.measure import peak_memory
from benchmarks.repositories import generate
from benchmarks.rows import Aim, Row, Series, Skipped, Unit
from buildpack_testing.cnb.registry_server import registry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GROUP = "memory"
_SMALL, _LARGE, _LARGE_QUICK = 1 << 20, 1 << 30, 256 << 20
_MOST = 100e6


def measure(bench: Bench) -> Iterator[Row | Skipped]:
    """Package and publish one buildpack with a layer of 1 GiB, and one with 1 MiB."""
    size = _LARGE_QUICK if bench.quick else _LARGE
    shown = f"a layer of {size >> 20} MiB"
    bench.say(f"  {shown}, once (about {size >> 24} s)")
    small, large = (
        generate(bench.scratch / "memory" / name, 1, large=one)
        for name, one in (("small", _SMALL), ("large", size))
    )
    try:
        peaks = [peak_memory(inv(root, "package"), cwd=root) for root in (large, small)]
        yield _row(f"inv package, {shown}", *peaks)
        if shutil.which("docker-registry"):
            yield _row(f"inv publish, {shown}", *(_publish(bench, root) for root in (large, small)))
        else:
            yield Skipped(GROUP, "inv publish", "docker-registry is not here")
    finally:
        shutil.rmtree(bench.scratch / "memory")


def _publish(bench: Bench, root: Path) -> int:
    with registry(bench.scratch / "memory" / f"registry-{root.name}") as found:
        command = inv(root, "publish", "--to", f"{found.address}/bench", "--insecure", "--yes")
        return peak_memory(command, cwd=root)


def _row(what: str, large: int, small: int) -> Row:
    return Row(
        group=GROUP,
        what=what,
        against="the same with 1 MiB",
        ours=Series((float(large),)),
        theirs=Series((float(small),)),
        unit=Unit.BYTES,
        aim=Aim.value(_MOST),
    )
