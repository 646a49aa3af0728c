"""Builds by the real lifecycle from the state that a first one has left: how long, and what they write."""

from __future__ import annotations

import re
import shutil
import statistics
import subprocess
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from benchmarks.bench import APPS, CHANGED
from benchmarks.distance import way_to
from benchmarks.measure import RunFailed, Side, run_with_output
from benchmarks.requirements import lock_project, locked_pins, pins
from benchmarks.rows import Row, Series, Unit
from buildpack_common.files import remove
from buildpack_testing.cnb import base_images, tools
from buildpack_testing.cnb.creator import Creator
from buildpack_testing.cnb.podman import Mount
from buildpack_testing.cnb.podman_session import podman, unpack
from buildpack_testing.cnb.registry_server import registry
from buildpack_testing.local_sources import mirror_variables
from buildpack_testing.package_index import fill_index, write_index
from oci_registry.blob_source import BlobSource
from oci_registry.remote.client import RegistryClient
from oci_registry.store import Content
from support.uv_wheels import uv_wheel

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from contextlib import ExitStack
    from pathlib import Path

    from benchmarks.bench import Bench
    from benchmarks.distance import Way
    from benchmarks.measure import Sample
    from benchmarks.rows import Aim
    from buildpack_testing.cnb.creator import Group
    from buildpack_testing.cnb.podman import Podman
    from buildpack_testing.cnb.registry_server import Registry
    from buildpack_testing.cnb.tools import BuiltLifecycle
    from oci_registry.content import Descriptor

NEEDS = ("registry", "podman", "container runtime", "root", "skopeo", "lifecycle", "base images")
"""What this machine must have (`buildpack_testing.needs`)."""
_CATALOGUE = "/runtimes/runtimes.toml"
_PHASE = re.compile(r"Timer: (\w+) ran for (\S+) and ended")
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "µs": 1e-6, "ns": 1e-9}


@dataclass(frozen=True)
class RealLifecycle:
    """The lifecycle in containers of our build image, beside a registry that has both base images."""

    bench: Bench
    registry: Registry
    engine: Podman
    build_image: str
    run_image: str
    lifecycle: BuiltLifecycle

    @classmethod
    def start(cls, bench: Bench, registry: Registry, stack: ExitStack) -> RealLifecycle:
        """Set up a private podman and push the base images. Raises MissingToolError."""
        bases = [base_images.ensure(one) for one in (base_images.BUILD, base_images.RUN)]
        engine = stack.enter_context(podman([registry.address], base_images=unpack(bases)))
        build_image, run_image = (registry.push_layout(one.layout, one.repository, one.tag) for one in bases)
        engine.pull(build_image)
        return cls(bench, registry, engine, build_image, run_image, tools.ensure_lifecycle())

    def creator(self, name: str, *mounts: Mount) -> Creator:
        """Return a creator with a new directory of this name."""
        return Creator(
            podman=self.engine,
            state=self.bench.directory(name),
            image=self.build_image,
            lifecycle=self.lifecycle,
            mounts=mounts,
        )


@dataclass(frozen=True)
class Workplace:
    """Where apps are built: the lifecycle, a registry with a counter before it, an index, runtimes."""

    bench: Bench
    name: str
    lifecycle: RealLifecycle
    way: Way
    client: RegistryClient
    wheels: Sequence[Path]
    variables: Mapping[str, str]

    @classmethod
    def start(cls, bench: Bench, name: str, wheels: Iterable[Path], stack: ExitStack) -> Workplace:
        """Start servers with wheels, uv and what one change needs; all goes when the stack is left.

        Raises MissingToolError, NetworkError.
        """
        stack.callback(remove, bench.scratch / name)
        running = stack.enter_context(registry(bench.directory(f"{name}/registry")))
        way = stack.enter_context(way_to(running.address))
        lifecycle = RealLifecycle.start(bench, replace(running, address=way.address), stack)
        minor = bench.runtimes.minors[-1]
        changed = fill_index([CHANGED], [minor], report=bench.say).wheels
        index = write_index({*wheels, *changed, uv_wheel()}, bench.scratch / name / "index")
        served = bench.serve_index(index.directory)
        mirror = stack.enter_context(mirror_variables(bench.runtimes))
        variables = {
            **served,
            "UV_DEFAULT_INDEX": served["PIP_INDEX_URL"],
            "BP_PYTHON_RUNTIMES": _CATALOGUE,
            "BP_DEPENDENCY_MIRROR": mirror["BP_DEPENDENCY_MIRROR"],
            "BP_PYTHON_VERSION": minor,
        }
        client = stack.enter_context(RegistryClient(running.address))
        return cls(bench, name, lifecycle, way, client, index.wheels, variables)

    @property
    def root(self) -> Path:
        """Where everything is."""
        return self.bench.scratch / self.name

    def apps(
        self, name: str, pinned: Mapping[str, str], changing: str, *, uv: bool = False
    ) -> tuple[Path, Path]:
        """Write an app, locked for pip or for uv, before and after one package has changed its version.

        Raises KeyError where no other version of it is known.
        """
        then = swapped(pinned, changing)
        return self._app(f"{name}/first", pinned, uv=uv), self._app(f"{name}/then", then, uv=uv)

    def _app(self, name: str, pinned: Mapping[str, str], *, uv: bool) -> Path:
        """Write the Flask sample with other requirements."""
        app = shutil.copytree(APPS / "flask", self.root / "apps" / name)
        if uv:
            minor, index_url = self.variables["BP_PYTHON_VERSION"], self.variables["UV_DEFAULT_INDEX"]
            lock_project(app, pinned, minor, index_url)
        else:
            (app / "requirements.txt").write_text(locked_pins(pinned, self.wheels), "utf-8")
        return app

    def build(self, name: str, group: Group, app: Path) -> BuiltApp:
        """Build an app from nothing. Raises CreatorError."""
        place = f"{self.name}/{name}"
        creator = replace(
            self.lifecycle.creator(place, Mount(self.bench.catalogue, _CATALOGUE)),
            options=("-log-level", "debug"),  # else it does not say how long its phases take
        )
        built = creator.into_registry(
            app, group, registry=self.lifecycle.registry, run_image=self.lifecycle.run_image,
            name=f"{place}/first:1", variables=self.variables,
        )  # fmt: skip
        kept = creator.state / "kept-cache"
        (creator.state / "cache").rename(kept)
        remove(creator.state / "layers")
        return BuiltApp(self, creator, place, group, built.digest, kept)


@dataclass(frozen=True)
class Rebuilt:
    """What one build took, what it wrote, in bytes, and how long the lifecycle's phases took, in seconds."""

    sample: Sample
    to_registry: int
    to_cache: int
    phases: Mapping[str, float]

    @property
    def written(self) -> int:
        """All that was written."""
        return self.to_registry + self.to_cache


@dataclass(frozen=True)
class BuiltApp:
    """An app that was built once: the image and the cache from which it is built again."""

    place: Workplace
    creator: Creator
    name: str
    group: Group
    digest: str
    kept: Path

    @property
    def cache(self) -> Path:
        """Where the creator has its cache."""
        return self.creator.state / "cache"

    def changed(self, app: Path) -> Rebuild:
        """Return builds of another state of the app."""
        return Rebuild(self, app, changed=True)

    def unchanged(self, app: Path) -> Rebuild:
        """Return builds of the same state."""
        return Rebuild(self, app, changed=False)

    def restore(self, repository: str) -> None:
        """Put the cache back, and the image under another name, where none of what will be new is known."""
        remove(self.cache)
        # The lifecycle changes no file of a cache: it links, renames and removes them.
        subprocess.run(["cp", "-al", self.kept, self.cache], check=True)
        client, first = self.place.client, f"{self.name}/first"
        manifest = client.repository(first).manifests.get("1")
        push_mounted(client, repository, Content((), (manifest,)), first, manifest.blobs)


@dataclass
class Rebuild:
    """Builds of an app, changed or not, each from the same state; `found` has what each of them wrote."""

    of: BuiltApp
    app: Path
    changed: bool = field(kw_only=True)
    found: list[Rebuilt] = field(default_factory=list)
    _command: Sequence[str] = ()

    @property
    def side(self) -> Side:
        """It as a side of a comparison."""
        return Side(self.act, self.prepare)

    @property
    def _repository(self) -> str:
        return f"{self.of.name}/{'changed' if self.changed else 'unchanged'}-{len(self.found)}"

    def prepare(self) -> None:
        """Restore the state."""
        self.of.restore(self._repository)
        place = self.of.place.lifecycle
        arguments = self.of.creator.registry_command(
            self.app, self.of.group, registry=place.registry, run_image=place.run_image,
            name=f"{self._repository}:1", variables=self.of.place.variables,
        )  # fmt: skip
        self._command = [place.engine.executable, *arguments]

    def act(self) -> Sample:
        """Build. Raises RunFailed, also for a change that has changed nothing."""
        before, sent = files_of(self.of.cache), self.of.place.way.sent
        place = self.of.place.lifecycle
        sample, output = run_with_output(self._command, env=place.engine.environment)
        rebuilt = Rebuilt(
            sample, self.of.place.way.sent - sent, written_since(before, self.of.cache), phases(output)
        )
        digest = place.registry.read(place.registry.reference(self._repository, "1")).digest
        if self.changed == (digest == self.of.digest):
            raise RunFailed(f"{self._repository} has not what was expected of it", detail=output[-2000:])
        self.found.append(rebuilt)
        # Also so that the next side need not wait for what would be written of this one.
        for large in (self.of.cache, self.of.creator.state / "layers"):
            remove(large)
        return sample


def swapped(pinned: Mapping[str, str], name: str) -> dict[str, str]:
    """Return pins after the change: one package in another version. Raises KeyError where none is known."""
    return {**pinned, name: pins(CHANGED.read_text("utf-8"))[name]}


def compared(
    group: str, what: str, against: str, sides: tuple[Rebuild, Rebuild], aims: tuple[Aim, Aim]
) -> Iterator[Row]:
    """Compare the builds of two sides, taken in the same rounds: their times, and what they wrote."""
    ours, theirs = sides
    times = [[one.sample for one in side.found] for side in sides]
    row = Row.timed(group, what, against, times[0], times[1], aims[0])
    yield replace(row, note=f"ours: {_shown(ours)}; theirs: {_shown(theirs)}")
    yield Row(
        group=group,
        what=f"{what}: bytes to registry and cache",
        against=against,
        ours=Series(tuple(float(one.written) for one in ours.found)),
        theirs=Series(tuple(float(one.written) for one in theirs.found)),
        unit=Unit.BYTES,
        aim=aims[1],
        note=f"to the registry {_sent(ours)} of {_sent(theirs)}",
    )


def _shown(side: Rebuild) -> str:
    """Say how long each phase took, in the middle of all rounds."""
    names = side.found[0].phases
    medians = {name: statistics.median(one.phases[name] for one in side.found) for name in names}
    return ", ".join(f"{name} {Unit.SECONDS.show(seconds)}" for name, seconds in medians.items())


def _sent(side: Rebuild) -> str:
    return Unit.BYTES.show(statistics.median(one.to_registry for one in side.found))


def push_mounted(
    client: RegistryClient, name: str, content: Content, origin: str, shared: Iterable[Descriptor]
) -> None:
    """Push content as `NAME:1`; blobs that are shared, and not among its own, come from repository origin."""
    present = tuple(BlobSource(one.digest, one.size) for one in shared)
    client.repository(name).push(
        Content((*present, *content.blobs), content.manifests),
        ["1"],
        mounts={one.digest: origin for one in present},
        absent=[one.digest for one in (*present, *content.blobs)],
        jobs=1,
    )


def written_since(before: Mapping[tuple[int, int], int], directory: Path) -> int:
    """Return how many bytes are in files that were not there, as `files_of` knows them."""
    return sum(size for file, size in files_of(directory).items() if file not in before)


def files_of(directory: Path) -> dict[tuple[int, int], int]:
    """Return the size of each file: a link or another name is the same file, what is written is not."""
    states = (path.lstat() for path in directory.rglob("*") if path.is_file())
    return {(one.st_ino, one.st_mtime_ns): one.st_size for one in states}


def phases(output: str) -> dict[str, float]:
    """Return how many seconds each of the lifecycle's phases took, as it says itself."""
    return {name.lower(): _seconds(said) for name, said in _PHASE.findall(output)}


def _seconds(duration: str) -> float:
    """Read a duration as Go writes it: 1m2.5s."""
    return sum(
        float(number) * _UNITS[unit] for number, unit in re.findall(r"([\d.]+)(h|ms|m|s|µs|ns)", duration)
    )
