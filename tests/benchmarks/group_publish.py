"""`inv publish` against skopeo, into a registry on loopback."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.bench import Bench, inv, plain_environment
from benchmarks.measure import Sample, Side, alternate, run, total
from benchmarks.repositories import copy_repository
from benchmarks.rows import Aim, Row, Series, Skipped, Unit
from buildpack_testing.cnb.registry_server import Registry, registry

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

GROUP = "publish"
_TAGS = ("1.2.3", "1.2", "1", "latest")
_REQUEST = re.compile(r'"(GET|HEAD|POST|PUT|PATCH|DELETE) /v2/')


def measure(bench: Bench) -> Iterator[Row | Skipped]:
    """Publish all packages into an empty registry, and again when everything is there."""
    lacking = [name for name in ("docker-registry", "skopeo") if not shutil.which(name)]
    if "docker-registry" in lacking:
        yield Skipped(GROUP, "inv publish", "docker-registry is not here")
        return
    root = copy_repository(bench.scratch / "publish" / "repository")
    run(inv(root, "package"), cwd=root)
    layouts = sorted((root / "dist").glob("*.oci"))
    ours = _Publisher(bench, root)
    sides = {"ours": Side(ours.publish, ours.empty)}
    if "skopeo" not in lacking:
        once, all_tags = _Skopeo(bench, layouts, _TAGS[:1]), _Skopeo(bench, layouts, _TAGS)
        sides["skopeo"] = Side(once.copy, once.empty)
        sides["skopeo, all tags"] = Side(all_tags.copy, all_tags.empty)
    found = alternate(sides, bench.rounds, warm_up=True)
    if "skopeo" in lacking:
        yield Skipped(GROUP, "inv publish, all, empty registry", "skopeo is not here")
    else:
        what = "inv publish, all, empty registry"
        against = "skopeo copy --all of the same layouts"
        yield Row.timed(GROUP, what, against, found["ours"], found["skopeo"], Aim.ratio(1.0))
        against = f"skopeo copy --all, to the {len(_TAGS)} tags that inv publish writes"
        yield Row.timed(GROUP, what, against, found["ours"], found["skopeo, all tags"])
    yield from _again(ours, len(layouts), bench.rounds)


def _again(ours: _Publisher, references: int, rounds: int) -> Iterator[Row]:
    """Publish what is there already: count what the registry is asked."""
    requests, samples = [], []
    for _ in range(rounds):
        before = len(ours.requests())
        samples.append(ours.publish())
        requests.append(ours.requests()[before:])
    uploads = [sum(one in {"POST", "PUT", "PATCH"} for one in found) for found in requests]
    asked = [len(found) / references for found in requests]
    what = "inv publish, everything there"
    wall = Series.wall(samples)
    yield Row(group=GROUP, what=what, against="an absolute limit", ours=wall, aim=Aim.value(0.5))
    yield _count(what, "requests a reference", asked, 10)
    yield _count(what, "uploads", uploads, 0)


def _count(what: str, against: str, values: list[float] | list[int], limit: float) -> Row:
    series = Series(tuple(map(float, values)))
    return Row(group=GROUP, what=what, against=against, ours=series, unit=Unit.COUNT, aim=Aim.value(limit))


@dataclass
class _Server:
    """A registry that is replaced by an empty one."""

    bench: Bench
    count: int = 0
    running: Registry | None = None

    def empty(self) -> Registry:
        """Start an empty registry; the ones before it only wait for the end of the run."""
        self.count += 1
        directory = self.bench.scratch / "registries" / f"{id(self)}-{self.count}"
        self.running = self.bench.stack.enter_context(registry(directory))
        return self.running


class _Publisher(_Server):
    def __init__(self, bench: Bench, root: Path) -> None:
        super().__init__(bench)
        self._root = root

    def publish(self) -> Sample:
        """Publish all without asking."""
        found = self.running or self.empty()
        options = ("--to", f"{found.address}/bench", "--insecure", "--yes")
        return run(inv(self._root, "publish", *options), cwd=self._root)

    def requests(self) -> list[str]:
        """Return the methods of all requests so far."""
        log = self.running.log.read_text("utf-8", "replace") if self.running else ""
        return _REQUEST.findall(log)


class _Skopeo(_Server):
    def __init__(self, bench: Bench, layouts: list[Path], tags: Sequence[str]) -> None:
        super().__init__(bench)
        self._layouts = layouts
        self._tags = tags

    def copy(self) -> Sample:
        """Copy all layouts, one after the other."""
        found = self.running or self.empty()
        env = plain_environment(found.directory / "home")
        commands = [self._command(found, layout, tag) for layout in self._layouts for tag in self._tags]
        return total(*(run(command, env=env) for command in commands))

    def _command(self, found: Registry, layout: Path, tag: str) -> list[str]:
        options = ["--all", "--preserve-digests", "--quiet", "--dest-tls-verify=false"]
        target = f"docker://{found.address}/bench/{layout.stem.rpartition('-')[0]}:{tag}"
        return ["skopeo", "--insecure-policy", "copy", *options, f"oci:{layout}", target]
