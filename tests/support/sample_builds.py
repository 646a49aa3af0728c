"""The sample apps, built by the real lifecycle with our buildpacks and fed from loopback."""

from __future__ import annotations

import io
import shutil
import tarfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_release.wheels.lock_file import read_lock
from buildpack_testing.cnb.creator import Creator, Group
from buildpack_testing.cnb.podman import Mount
from support.main_job import APPS, COMPOSITE, PIP, ROOT, RUNTIME, START, VENV
from support.poetry_wheels import POETRY
from support.uv_wheels import UV

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from buildpack_testing.cnb.built_image import BuiltImage
    from buildpack_testing.cnb.podman import Podman
    from buildpack_testing.cnb.registry_server import Registry
    from buildpack_testing.cnb.tools import BuiltLifecycle
    from buildpack_testing.runtime_set import RuntimeSet
    from buildpack_testing.server import StaticServer

LAYERS = "/layers"
PYTHON_TREE = f"{LAYERS}/strata_python-runtime/python/cpython"
PIP_TREE = f"{LAYERS}/strata_pip-tool/pip/userbase"
VENV_TREE = f"{LAYERS}/strata_app-venv/venv/venv"
E2E_FIXTURES = ROOT / "tests" / "e2e" / "fixtures"
WEB = ROOT / "tests" / "fixtures" / "web"
COMPONENTS = (RUNTIME, PIP, VENV)
WHOLE = (COMPOSITE, RUNTIME, PIP, UV, POETRY, VENV, START)
"""The composite and all that may take part, in its order."""
(PIP_VERSION,) = (pin.version for pin in read_lock(ROOT / "buildpacks" / "pip-tool" / "wheels.lock"))
RUNTIMES = "/runtimes"
"""Where the catalogue of runtimes is in a build container."""


@dataclass(frozen=True)
class Sample:
    """An app, the command that serves it and its last arguments, a path and a part of the answer to it."""

    app: Path
    command: str
    arguments: tuple[str, ...]
    path: str
    answer: bytes


_GUNICORN = f"{VENV_TREE}/bin/gunicorn"
SAMPLES: Mapping[str, Sample] = {
    "flask": Sample(APPS / "flask", "gunicorn app:app", (_GUNICORN, "app:app"), "/", b"Hello from a layer"),
    "django": Sample(
        APPS / "django", "gunicorn hello.wsgi", (_GUNICORN, "hello.wsgi"), "/", b"Hello from Django"
    ),
    "compiled": Sample(E2E_FIXTURES / "compiled" / "app", "python app.py", ("app.py",), "/12", b"144\n"),
}


@dataclass(frozen=True, kw_only=True)
class Feed:
    """Where builds get Python and packages from: variables for the build, and a catalogue to be mounted."""

    variables: Mapping[str, str]
    runtimes: RuntimeSet
    wheels: Sequence[Path]
    """All wheels of the index."""

    index: StaticServer
    """Serves simple/ and files/; knows what it was asked for."""

    @property
    def mount(self) -> Mount:
        """The catalogue, for a container of podman."""
        return Mount(self.runtimes.catalogue.parent, RUNTIMES)

    @property
    def volume(self) -> str:
        """The same as pack's option --volume wants it."""
        return f"{self.runtimes.catalogue.parent}:{RUNTIMES}:ro"


@dataclass(frozen=True, kw_only=True)
class SampleBuilds:
    """Builds of the samples. Each place below root is a machine of its own: nothing there at first."""

    podman: Podman
    lifecycle: BuiltLifecycle
    build_image: str
    registry: Registry
    run_image: str
    assembled: Path
    feed: Feed
    root: Path
    _done: dict[str, tuple[BuiltImage, BuiltImage]] = field(default_factory=dict)

    @property
    def minor(self) -> str:
        """The Python line that apps get when they do not choose."""
        return self.feed.runtimes.minors[-1]

    def creator(self, place: str) -> Creator:
        """Return the creator of a place."""
        return Creator(
            podman=self.podman,
            image=self.build_image,
            lifecycle=self.lifecycle,
            state=self.root / place,
            mounts=(self.feed.mount,),
        )

    def directory(self, buildpack: str) -> Path:
        """Return the assembled directory of one of our buildpacks."""
        return self.assembled / buildpack.replace("/", "_")

    def composite(self) -> Group:
        """Return what most people use, and a buildpack that says what to start."""
        ours = [self.directory(one) for one in WHOLE]
        return Group([*ours, WEB], [[COMPOSITE, "test/web"]])

    def components(self, *others: Path, instead: Mapping[str, Path] | None = None) -> Group:
        """Return our components for an app with pip in order, some replaced, others after them."""
        replaced = instead or {}
        parts = (*COMPONENTS, START)
        ours = [replaced.get(one) or self.directory(one) for one in parts]
        ids = [_id(directory) for directory in (*others, WEB)]
        return Group([*ours, *others, WEB], [[*parts, *ids]])

    def variables(self, name: str) -> dict[str, str]:
        """Return the variables of a sample's build."""
        return {**self.feed.variables, "WEB_COMMAND": SAMPLES[name].command}

    def twice(self, name: str) -> tuple[BuiltImage, BuiltImage]:
        """Return two builds of a sample from nothing, made once: the second one changes nothing."""
        if name not in self._done:
            self._done[name] = (self._build(name), self._build(name))
        return self._done[name]

    def again(
        self,
        name: str,
        change: str,
        *,
        app: Path | None = None,
        group: Group | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> BuiltImage:
        """Build a sample once more with a change, as the machine that has built it would: cache, last image.

        The image of twice() stays as it is, and so does its cache.
        """
        _, last = self.twice(name)
        place = f"{name}-{change}"
        shutil.copytree(self.root / name / "cache", self.root / place / "cache")
        options = ("-previous-image", last.reference)
        return self._build(
            name, place=place, app=app, group=group, variables=variables or {}, options=options
        )

    def another(
        self, place: str, app: Path, command: str, variables: Mapping[str, str] | None = None
    ) -> BuiltImage:
        """Build an app that is no sample. The second time, place has the cache and the image of the first.

        Raises CreatorError.
        """
        return self.creator(place).into_registry(
            app,
            self.composite(),
            registry=self.registry,
            run_image=self.run_image,
            name=f"{place}/app:1",
            variables={**self.feed.variables, "WEB_COMMAND": command, **(variables or {})},
        )

    def _build(
        self,
        name: str,
        *,
        place: str = "",
        app: Path | None = None,
        group: Group | None = None,
        variables: Mapping[str, str] | None = None,
        options: Sequence[str] = (),
    ) -> BuiltImage:
        return replace(self.creator(place or name), options=options).into_registry(
            app or SAMPLES[name].app,
            group or self.composite(),
            registry=self.registry,
            run_image=self.run_image,
            name=f"{place or name}/{name}:1",
            variables={**self.variables(name), **(variables or {})},
        )

    def copy(self, name: str, target: Path) -> Path:
        """Return a copy of a sample's source, to be changed."""
        return Path(shutil.copytree(SAMPLES[name].app, target))


def parts(built: BuiltImage) -> dict[str, object]:
    """Name every part of an app image: launch layers, app, SBOM and the lifecycle's own layers."""
    metadata = built.lifecycle_metadata
    own = {name: metadata[name]["sha"] for name in ("sbom", "config", "launcher", "process-types")}
    return {**built.launch_layers, **own, "app": built.app_layers, "run image": metadata["runImage"]}


def changed(before: BuiltImage, after: BuiltImage) -> set[str]:
    """Name the parts that differ between two images."""
    first, second = parts(before), parts(after)
    return {name for name in first.keys() | second.keys() if first.get(name) != second.get(name)}


def pack_source(project: Path, stem: str, target: Path) -> Path:
    """Write a source distribution (PEP 517: a tar file with one directory, name-version) of a project."""
    info = b"Metadata-Version: 2.1\nName: %b\nVersion: %b\n" % tuple(stem.encode().split(b"-"))
    contents = {"PKG-INFO": info, **{path.name: path.read_bytes() for path in sorted(project.iterdir())}}
    with tarfile.open(target, "w:gz") as archive:
        for name, data in contents.items():
            member = tarfile.TarInfo(f"{stem}/{name}")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return target


def texts(environment: bytes) -> list[str]:
    """Return the entries of `env -0`, sorted; one that is there twice stays so."""
    return sorted(environment.decode().split("\0")[:-1])


def _id(directory: Path) -> str:
    lines: Sequence[str] = (directory / "buildpack.toml").read_text(encoding="utf-8").splitlines()
    return next(line.split('"')[1] for line in lines if line.startswith("id = "))
