"""What it saves that pip is not in the app image: bytes and layers."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

from benchmarks.bench import APPS, COMPOSITE, Bench
from benchmarks.rows import Row, Series, Unit
from buildpack_testing.platform import BuildResult, LocalPlatform
from support.scripted import ScriptedBuildpacks, requires

if TYPE_CHECKING:
    from collections.abc import Iterator

GROUP = "image"
_CONSUMER = "test/consumer"


def measure(bench: Bench) -> Iterator[Row]:
    """Build the sample app twice: as it is, and for somebody who wants pip at launch."""
    without, with_pip = (_build(bench, launch=launch) for launch in (False, True))
    layers = [len(_launched(one[1])) for one in (without, with_pip)]
    packed = [_compressed(*one) for one in (without, with_pip)]
    note = (
        f"{layers[0]} layers instead of {layers[1]}; compressed {Unit.BYTES.show(packed[0])} "
        f"instead of {Unit.BYTES.show(packed[1])}"
    )
    yield Row(
        group=GROUP,
        what="Flask app, pip for the build only",
        against="the same app with pip kept for launch",
        ours=Series((float(without[1].image_size),)),
        theirs=Series((float(with_pip[1].image_size),)),
        unit=Unit.BYTES,
        note=note,
    )


def _build(bench: Bench, *, launch: bool) -> tuple[LocalPlatform, BuildResult]:
    root = bench.directory(f"image/{'with' if launch else 'without'}")
    scripted = ScriptedBuildpacks(root / "scripted")
    scripted.add(_CONSUMER, plan=requires("pip", metadata=f"build = true\nlaunch = {str(launch).lower()}"))
    directories = [*bench.assembled, *scripted.directories]
    platform = LocalPlatform(root / "w", directories, [[COMPOSITE, _CONSUMER]])
    variables = {**bench.runtime_variables, **bench.index_variables}
    return platform, platform.build(APPS / "flask", variables=variables)


def _launched(result: BuildResult) -> set[str]:
    return {layer.diff_id for layer in result.layers if layer.types.launch}


def _compressed(platform: LocalPlatform, result: BuildResult) -> float:
    """Return the size of the layers as a registry has them, compressed one by one."""
    archives = platform.workspace.store / "archives"
    files = [archives / f"{diff_id.partition(':')[2]}.tar" for diff_id in sorted(_launched(result))]
    return float(sum(len(gzip.compress(file.read_bytes(), 6)) for file in files))
