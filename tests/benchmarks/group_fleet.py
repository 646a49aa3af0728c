"""Patching a fleet: against a bare client with the same requests and against rebuilding; and killed."""

from __future__ import annotations

import base64
import json
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import bare_client
from benchmarks.bench import ROOT, Bench, inv
from benchmarks.distance import distant
from benchmarks.fleet import LINE, Builds, bare_requests, bom_of, environment, planned, prepare, spread
from benchmarks.measure import Sample, Side, alternate, run, run_with_peak
from benchmarks.rows import Aim, Row, Series, Skipped, Unit
from buildpack_release.images.patch_plan import JOBS
from buildpack_testing import needs
from buildpack_testing.cnb.registry_server import Registry, registry
from oci_registry.parallel import in_parallel
from oci_registry.remote.client import RegistryClient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

GROUP = "fleet"
_IMAGES, _IMAGES_QUICK, _KILLED = 1000, 60, 40
_KILLS, _KILLS_QUICK = 20, 5
_AWAY = 0.01
"""Seconds that each way takes: 20 ms for a request and its answer."""
_SIDE_BY_SIDE = 3
_REQUEST = re.compile(r'"(?:GET|HEAD|POST|PUT|PATCH|DELETE) /v2/([^ ]+?)/(?:blobs|manifests|tags)/')
_KIBI = 1024


def measure(bench: Bench) -> Iterator[Row | Skipped]:
    """Build an app, spread it, and patch the copies."""
    lacking = needs.missing(
        ("registry", "podman", "container runtime", "root", "skopeo", "lifecycle", "base images")
    )
    if lacking:
        yield Skipped(GROUP, "all", needs.describe(lacking))
        return
    with ExitStack() as stack:
        running = stack.enter_context(registry(bench.scratch / "fleet-registry"))
        builds = prepare(bench, running, stack, creators=_SIDE_BY_SIDE)
        bench.say("  building an app with the real lifecycle, and rebuilding it")
        builds.rebuild_all(old=True)
        fleet = _Fleet(bench, builds, running, stack.enter_context(RegistryClient(running.address)))
        fleet.release()
        count = _IMAGES_QUICK if bench.quick else _IMAGES
        bench.say(f"  spreading it over {count} repositories, twice")
        ours = fleet.spread("ours", count)
        yield from _rebuilding(fleet, ours)
        yield from _beside_bare(fleet, ours)
        yield from _killed(fleet)


@dataclass
class _Fleet:
    bench: Bench
    builds: Builds
    registry: Registry
    client: RegistryClient

    @property
    def layers(self) -> list[str]:
        """The images with the layers of both patches."""
        return [f"{self.registry.address}/released/{name}:1" for name in ("old", "new")]

    def release(self) -> None:
        """Build both patches once, so that their layers are there."""
        creator = self.builds.creators[0]
        for name, old in (("old", True), ("new", False)):
            self.builds.build(creator, f"released/{name}", old=old)
        self.builds.build(creator, f"built/{creator.state.name}", old=True)

    def spread(self, namespace: str, count: int) -> list[str]:
        """Make copies."""
        names = [f"{namespace}/{number}" for number in range(count)]
        spread(self.client, self.layers[0], names)
        return names

    def listed(self, host: str, names: Sequence[str]) -> Path:
        """Write a file with the references of images, as they are from afar."""
        file = self.bench.scratch / f"{names[0].partition('/')[0]}-{len(names)}.txt"
        file.write_text("".join(f"{host}/{name}:1\n" for name in names), "utf-8")
        return file

    def command(self, file: Path, *options: str, host: str = "") -> list[str]:
        """Return the command that patches the images of a file; layers are on the same registry."""
        layers = [part for one in self.layers for part in ("--layer", self._from(one, host))]
        return [*inv(ROOT, "image.patch", f"@{file}", "--python", LINE, *layers), "--yes", *options]

    def undo(self, file: Path) -> list[str]:
        """Return the command that goes back with the images of a file."""
        return [*inv(ROOT, "image.patch", f"@{file}", "--undo"), "--yes"]

    def count(self, fault: Callable[[RegistryClient, str], bool], names: Sequence[str]) -> int:
        """Count the images with a fault."""
        return sum(in_parallel(partial(fault, self.client), names))

    def _from(self, reference: str, host: str) -> str:
        return reference.replace(self.registry.address, host) if host else reference

    def requests(self, names: Sequence[str], since: int) -> list[int]:
        """Return how much was asked about each image since a place of the log."""
        log = self.registry.log.read_bytes()[since:].decode("utf-8", "replace")
        asked = Counter(_REQUEST.findall(log))
        return [asked[name] for name in names]


def _rebuilding(fleet: _Fleet, names: Sequence[str]) -> Iterator[Row]:
    """Rebuild with the lifecycle, side by side, with warm caches; against patching copies from next door."""
    file = fleet.listed(fleet.registry.address, names)
    fleet.builds.rebuild_all(old=True)
    started = time.monotonic()
    fleet.builds.rebuild_all()
    rebuilt = (time.monotonic() - started) / _SIDE_BY_SIDE
    before = fleet.registry.log.stat().st_size
    patched, peak = run_with_peak(fleet.command(file), env=environment(fleet.bench.scratch / "home"))
    each = Sample(patched.wall / len(names), patched.cpu / len(names))
    what = f"inv image.patch, {len(names)} images"
    yield Row(
        group=GROUP,
        what=f"inv image.patch, each of {len(names)} images",
        against=f"the lifecycle's creator for a patch of Python, warm cache, {_SIDE_BY_SIDE} side by side",
        ours=Series.wall([each]),
        theirs=Series((rebuilt,)),
        aim=Aim.ratio(1 / 200),
        note=f"{rebuilt / each.wall:.0f} times less; a rebuild takes {rebuilt * _SIDE_BY_SIDE:.1f} s",
    )
    yield _value(what, "requests an image", float(max(fleet.requests(names, before))), 12, Unit.COUNT)
    yield _value(what, "memory", float(peak), 150e6, Unit.BYTES)


def _beside_bare(fleet: _Fleet, ours: Sequence[str]) -> Iterator[Row]:
    """Go back from next door, and patch again, 20 ms away; as often as there are rounds."""
    env = environment(fleet.bench.scratch / "home")
    bare = fleet.spread("bare", len(ours))
    plan = planned(ROOT, fleet.registry.address, bare, fleet.layers)
    recorded = fleet.bench.scratch / "requests.jsonl"
    lines, beyond = [], []
    for one, name in zip(plan, bare, strict=True):
        requests = list(bare_requests(one, name, "released/new"))
        lines.append(
            json.dumps([{**vars(each), "body": base64.b64encode(each.body).decode()} for each in requests])
        )
        sent = sum(len(each.body) for each in requests)
        old = one.root
        assert old is not None and old.config is not None  # noqa: PT018
        beyond.append(float(sent - len(old.content) - old.config.size - bom_of(one).size))
    recorded.write_text("\n".join(lines), "utf-8")
    back = fleet.undo(fleet.listed(fleet.registry.address, ours))
    with distant(fleet.registry.address, _AWAY) as host:
        command = fleet.command(fleet.listed(host, ours), host=host)
        program = [sys.executable, str(Path(bare_client.__file__)), host, str(recorded), str(JOBS)]
        sides = {
            "ours": Side(lambda: run(command, env=env), lambda: run(back, env=env)),
            "bare": Side(lambda: run(program, env=env)),
        }
        found = alternate(sides, fleet.bench.few)
    what = f"inv image.patch, {len(ours)} images 20 ms away"
    against = f"a bare client with the same requests, {JOBS} at once"
    yield Row.timed(GROUP, what, against, found["ours"], found["bare"], Aim.ratio(1.5))
    yield _value(what, "sent beyond the sizes of the old", max(beyond), 64 * _KIBI, Unit.BYTES)


def _killed(fleet: _Fleet) -> Iterator[Row]:
    """Kill it at a random moment, again and again; then let it end."""
    env = environment(fleet.bench.scratch / "home")
    names = fleet.spread("killed", _KILLED)
    file = fleet.listed(fleet.registry.address, names)
    rounds = _KILLS_QUICK if fleet.bench.quick else _KILLS
    chance = random.Random(1)
    incomplete = twice = 0

    def is_wrong(client: RegistryClient, name: str) -> bool:
        return _patched_from(client, name) != fleet.builds.versions[0]

    for _ in range(rounds):
        process = subprocess.Popen(fleet.command(file), env=env, stdout=-3, stderr=-3, start_new_session=True)
        time.sleep(chance.uniform(0.3, 2.5))
        process.send_signal(signal.SIGKILL)
        process.wait()
        incomplete += fleet.count(_is_incomplete, names)
        run(fleet.command(file), env=env)
        incomplete += fleet.count(_is_incomplete, names)
        twice += fleet.count(is_wrong, names)
        run(fleet.undo(file), env=env)
    what = f"inv image.patch, killed {rounds} times at a random moment and run again"
    yield _value(what, "tags on incomplete images", float(incomplete), 0, Unit.COUNT)
    yield _value(what, "images not patched, or patched twice", float(twice), 0, Unit.COUNT)


def _is_incomplete(client: RegistryClient, name: str) -> bool:
    repository = client.repository(name)
    manifest = repository.manifests.find("1")
    return manifest is None or not all(map(repository.has_blob, manifest.blobs))


def _patched_from(client: RegistryClient, name: str) -> str:
    repository = client.repository(name)
    manifest = repository.manifests.get("1")
    config = json.loads(repository.blobs.read(manifest.config.digest)) if manifest.config else {}
    return str(json.loads(config["config"]["Labels"].get("strata.image.patched", "{}")).get("python", ""))


def _value(what: str, against: str, value: float, limit: float, unit: Unit) -> Row:
    return Row(
        group=GROUP, what=f"{what}: {against}", against="an absolute limit", ours=Series((value,)), unit=unit,
        aim=Aim.value(limit),
    )  # fmt: skip
