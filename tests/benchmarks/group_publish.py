"""`inv publish` against skopeo, into a registry on loopback: next door, and as if it were far away."""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.bench import Bench, inv, plain_environment
from benchmarks.distance import distant
from benchmarks.measure import Sample, Side, alternate, beyond, run, total
from benchmarks.repositories import copy_repository, only_components
from benchmarks.rows import Aim, Row, Series, Skipped, Unit
from buildpack_testing.cnb.registry_server import Registry, registry

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

GROUP = "publish"
_START = "import invoke, requests"
_TAGS = ("1.2.3", "1.2", "1", "latest")
# How long a request and its answer are under way, in seconds: as to a registry on the same continent.
_AWAY = 0.02
_REQUEST = re.compile(r'"(GET|HEAD|POST|PUT|PATCH|DELETE) /v2/')


def measure(bench: Bench) -> Iterator[Row | Skipped]:
    """Publish into an empty registry, and again when everything is there."""
    lacking = [name for name in ("docker-registry", "skopeo") if not shutil.which(name)]
    if "docker-registry" in lacking:
        yield Skipped(GROUP, "inv publish", "docker-registry is not here")
        return
    four = only_components(copy_repository(bench.scratch / "publish" / "four"))
    run(inv(four, "package"), cwd=four)
    if "skopeo" in lacking:
        yield Skipped(GROUP, "inv publish, four packages, empty registry", "skopeo is not here")
    else:
        yield from _beside_skopeo(bench, four)
        yield from _far_from_skopeo(bench, four)
    yield from _counted(bench, four)


def _beside_skopeo(bench: Bench, root: Path) -> Iterator[Row]:
    """Publish into an empty registry next door. Starting Python with its libraries is measured apart."""
    what = "inv publish, four packages, empty registry"
    sides = _sides(bench, root)
    start = [sys.executable, "-c", _START]
    found = alternate({**sides, "start": Side(lambda: run(start))}, bench.rounds, warm_up=True)
    against = f"skopeo copy --all of the same, and python -c '{_START}'"
    ours = beyond(found["ours"], found["start"])
    yield Row.timed(GROUP, f"{what}, beyond its start", against, ours, found["skopeo"], Aim.ratio(1.2))
    yield Row.timed(GROUP, what, "skopeo copy --all of the same", found["ours"], found["skopeo"])
    against = f"skopeo copy --all, to the {len(_TAGS)} tags that inv publish writes"
    yield Row.timed(GROUP, what, against, found["ours"], found["skopeo, all tags"])


def _far_from_skopeo(bench: Bench, root: Path) -> Iterator[Row]:
    what = f"inv publish, four packages, empty registry {1000 * _AWAY:.0f} ms away"
    found = alternate(_sides(bench, root, _AWAY / 2), bench.rounds, warm_up=True)
    against = "skopeo copy --all of the same"
    yield Row.timed(GROUP, what, against, found["ours"], found["skopeo"], Aim.ratio(0.6))
    against = f"skopeo copy --all, to the {len(_TAGS)} tags that inv publish writes"
    yield Row.timed(GROUP, what, against, found["ours"], found["skopeo, all tags"])


def _sides(bench: Bench, root: Path, seconds: float = 0.0) -> dict[str, Side]:
    """Return who is compared; `seconds` is how long each way to the registry takes."""
    ours = _Publisher(bench, root, seconds)
    layouts = sorted((root / "dist").glob("*.oci"))
    once, all_tags = (_Skopeo(bench, layouts, tags, seconds) for tags in (_TAGS[:1], _TAGS))
    return {
        "ours": Side(ours.publish, ours.empty),
        "skopeo": Side(once.copy, once.empty),
        "skopeo, all tags": Side(all_tags.copy, all_tags.empty),
    }


def _counted(bench: Bench, four: Path) -> Iterator[Row]:
    """Count what the registry is asked, by all packages there are as well: no more than by four for each."""
    every = copy_repository(bench.scratch / "publish" / "repository")
    run(inv(every, "package"), cwd=every)
    packages = len(list((every / "dist").glob("*.oci")))
    empty, there, samples = _asked(_Publisher(bench, four), bench.rounds)
    empty_all, there_all, _ = _asked(_Publisher(bench, every), 1)
    what = "inv publish, four packages, empty registry"
    yield _count(what, "requests", [len(empty)], 120)
    what = f"inv publish, {packages} packages, empty registry"
    yield _count(what, "requests a package", [len(empty_all) / packages], 30)
    what = "inv publish, four packages, everything there"
    wall = Series.wall(samples)
    yield Row(group=GROUP, what=what, against="an absolute limit", ours=wall, aim=Aim.value(0.3))
    yield _count(what, "requests", [len(there)], 20)
    yield _count(what, "uploads", [sum(one in {"POST", "PUT", "PATCH"} for one in there)], 0)
    what = f"inv publish, {packages} packages, everything there"
    yield _count(what, "requests a package", [len(there_all) / packages], 5)


def _asked(ours: _Publisher, rounds: int) -> tuple[list[str], list[str], list[Sample]]:
    """Publish into an empty registry, and then what is there: the methods of the requests, and the times."""
    ours.publish()
    empty = ours.requests()
    samples = [ours.publish() for _ in range(rounds)]
    before = len(ours.requests())
    ours.publish()
    return empty, ours.requests()[before:], samples


def _count(what: str, against: str, values: list[float] | list[int], limit: float) -> Row:
    series = Series(tuple(map(float, values)))
    return Row(group=GROUP, what=what, against=against, ours=series, unit=Unit.COUNT, aim=Aim.value(limit))


@dataclass
class _Server:
    """A registry that is replaced by an empty one."""

    bench: Bench
    seconds: float = 0.0
    running: Registry | None = None
    address: str = ""

    def empty(self) -> Registry:
        """Start an empty registry; the ones before it only wait for the end of the run."""
        registries = self.bench.scratch / "registries"
        registries.mkdir(exist_ok=True)
        self.running = self.bench.stack.enter_context(registry(Path(tempfile.mkdtemp(dir=registries))))
        self.address = self.running.address
        if self.seconds:
            self.address = self.bench.stack.enter_context(distant(self.address, self.seconds))
        return self.running


class _Publisher(_Server):
    def __init__(self, bench: Bench, root: Path, seconds: float = 0.0) -> None:
        super().__init__(bench, seconds)
        self._root = root

    def publish(self) -> Sample:
        """Publish all without asking."""
        if self.running is None:
            self.empty()
        options = ("--to", f"{self.address}/bench", "--insecure", "--yes")
        return run(inv(self._root, "publish", *options), cwd=self._root)

    def requests(self) -> list[str]:
        """Return the methods of all requests so far."""
        log = self.running.log.read_text("utf-8", "replace") if self.running else ""
        return _REQUEST.findall(log)


class _Skopeo(_Server):
    def __init__(self, bench: Bench, layouts: list[Path], tags: Sequence[str], seconds: float) -> None:
        super().__init__(bench, seconds)
        self._layouts = layouts
        self._tags = tags

    def copy(self) -> Sample:
        """Copy all layouts, one after the other."""
        found = self.running or self.empty()
        env = plain_environment(found.directory / "home")
        commands = [self._command(layout, tag) for layout in self._layouts for tag in self._tags]
        return total(*(run(command, env=env) for command in commands))

    def _command(self, layout: Path, tag: str) -> list[str]:
        options = ["--all", "--preserve-digests", "--quiet", "--dest-tls-verify=false"]
        target = f"docker://{self.address}/bench/{layout.stem.rpartition('-')[0]}:{tag}"
        return ["skopeo", "--insecure-policy", "copy", *options, f"oci:{layout}", target]
