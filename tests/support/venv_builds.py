"""Builds of strata/app-venv: an app to edit, an index on loopback that can change between two builds."""

from __future__ import annotations

import atexit
import hashlib
import re
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest

from buildpack_api.interpreter import Interpreter
from buildpack_api.tools.wheel import bundled_wheel
from buildpack_release.bytecode.interpreters import installed_interpreters
from buildpack_testing.failure import PhaseError
from buildpack_testing.package_index import write_index
from buildpack_testing.platform import LocalPlatform
from buildpack_testing.server import StaticServer, serve
from pip_tool.install import install_pip
from support.component_builds import (
    CONSUMER,
    NEWEST,
    PYTHON,
    assemble_components,
    image_with_python,
)
from support.lock_files import lock_text
from support.main_job import PIP, VENV
from support.poetry_wheels import POETRY
from support.scripted import ScriptedBuildpacks, provides, requires
from support.uv_wheels import UV
from support.wheels import SOURCE_BACKEND, Project, make_sdist, make_wheel, sha256

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from buildpack_testing.platform import BuildResult

_OTHER_PIP = "test/pip"
LEFT, RIGHT = Project("left", script=True), Project("right", "2.0", requires=("left",))
_PROJECTS = Path(__file__).parents[1] / "fixtures/projects"


_Builds = TypeVar("_Builds", bound="VenvBuilds")


@cache
def assembled() -> Path:
    """Assemble both components once for all tests of a process."""
    directory = Path(tempfile.mkdtemp(prefix="strata-tests-"))
    atexit.register(shutil.rmtree, directory)
    assemble_components([PIP, UV, POETRY, VENV], directory / "assembled")
    return directory


@cache
def shared_pip(minor: str) -> Path:
    """Return a user base with pip for a Python, installed once: a provider of pip that is not ours."""
    python = installed_interpreters()[minor]
    base = assembled() / f"pip-{minor}"
    wheel = bundled_wheel(assembled() / "assembled/strata_pip-tool/wheels", "pip")
    interpreter = Interpreter(python.executable, python.version, minor, "")
    install_pip(wheel, wheel, interpreter, base, environment={"PATH": "/usr/bin:/bin"})
    return base


@dataclass
class VenvBuilds:
    """One app, one index, one workspace; what the last buildpack does, and wants of the environment."""

    root: Path
    server: StaticServer
    consumer: str = ""
    wanted: str = "build = true"
    wheels: list[Path] = field(default_factory=list)

    @property
    def app(self) -> Path:
        """The app's source; empty at first."""
        return self.root / "app"

    @property
    def usual_variables(self) -> dict[str, str]:
        """What the user sets in any case: the index."""
        return {"PIP_INDEX_URL": f"{self.server.url}/simple/", "PIP_RETRIES": "0"}

    def publish(self, *projects: Project) -> None:
        """Add releases to the index."""
        self.wheels += [make_wheel(project, self.root / "wheels") for project in projects]
        write_index(self.wheels, self.root / "index")

    def publish_source(self, backend: str = SOURCE_BACKEND) -> None:
        """Add a source distribution to the index, of source 1.0."""
        self.wheels.append(make_sdist(Project("source"), self.root / "wheels", backend=backend))
        self.publish()

    def require(self, *lines: str, file: str = "requirements.txt") -> None:
        """Write a requirements file."""
        self.app.mkdir(exist_ok=True)
        (self.app / file).write_text("".join(f"{line}\n" for line in lines))

    def locked(self, *names: str) -> list[str]:
        """Return the lines that pin these wheels (name-version) with their hashes."""
        found = {path.name.rsplit("-py3", 1)[0]: path for path in self.wheels}
        return [f"{name.replace('-', '==', 1)} --hash=sha256:{sha256(found[name])}" for name in names]

    def lock(self, *names: str, file: str = "pylock.toml", head: str = "") -> Path:
        """Write a lock file (PEP 751) of these wheels (name-version); ``head`` comes before them."""
        found = {path.name.rsplit("-py3", 1)[0]: path for path in self.wheels}
        wheels = [found[name.replace("-", "_", name.count("-") - 1)] for name in names]
        text = lock_text(wheels, self.server.url, head=head)
        self.app.mkdir(exist_ok=True)
        (self.app / file).write_text(text)
        return self.app / file

    def project(self, name: str) -> None:
        """Make a project of tests/fixtures/projects the app."""
        shutil.copytree(_PROJECTS / name, self.app, dirs_exist_ok=True)

    def platform(self, minor: str = NEWEST, *, pip: str = _OTHER_PIP) -> LocalPlatform:
        """Return a platform; with ``pip=PIP`` pip comes from strata/pip-tool."""
        return tool_platform(self, "pip", _provide(minor) if pip == _OTHER_PIP else "", minor, pip)

    def build(
        self,
        variables: Mapping[str, str] | None = None,
        *,
        platform: LocalPlatform | None = None,
        clear: bool = False,
    ) -> BuildResult:
        """Build the app with the variables, and what the user sets in any case."""
        chosen = {**self.usual_variables, **(variables or {})}
        return (platform or self.platform()).build(self.app, variables=chosen, clear=clear)

    def failure(self, **variables: str) -> str:
        """Build, which must fail as it should, and return what was said, in one line."""
        with pytest.raises(PhaseError) as failed:
            self.build(variables)
        output = f"{failed.value.output}\n{failed.value.detail}"
        assert "Traceback" not in output
        return " ".join(output.split())


def tool_platform(builds: VenvBuilds, tool: str, provide: str, minor: str, provider: str) -> LocalPlatform:
    """Return a platform with strata/app-venv and a tool for it, from a provider.

    That is the tool's own buildpack, or the scripted ``test/TOOL``, whose bin/build is ``provide``.
    """
    scripted = ScriptedBuildpacks(Path(tempfile.mkdtemp(dir=builds.root)))
    scripted.add(PYTHON, plan=provides("python"))
    scripted.add(f"test/{tool}", plan=provides(tool), build=provide)
    scripted.add(CONSUMER, plan=requires("venv", metadata=builds.wanted), build=builds.consumer)
    directories = [assembled() / "assembled" / name for name in (f"strata_{tool}-tool", "strata_app-venv")]
    return LocalPlatform(
        builds.root / "work space",
        [*scripted.directories, *directories],
        [[PYTHON, provider, VENV, CONSUMER]],
        image=image_with_python(minor),
    )


def provide_command(tool: str, folder: Path) -> str:
    """Return a bin/build that puts a folder with the command of a tool on PATH."""
    layer = f'"$CNB_LAYERS_DIR/{tool}"'
    return (
        f"mkdir -p {layer}/env.build\n"
        f"printf '%s' '{folder}' > {layer}/env.build/PATH.prepend\n"
        f"printf ':' > {layer}/env.build/PATH.delim\n"
        f"printf '[types]\\nbuild = true\\n' > {layer}.toml\n"
    )


@contextmanager
def served_builds(
    kind: Callable[[Path, StaticServer, str], _Builds], root: Path, consumer: str
) -> Iterator[_Builds]:
    """Serve an index and give what a test needs."""
    (root / "index").mkdir(parents=True)
    with serve(root / "index") as server:
        yield kind(root, server, consumer)


def venv_builds(root: Path, *, consumer: str = "") -> AbstractContextManager[VenvBuilds]:
    """Serve an index and give what a test of pip needs."""
    return served_builds(VenvBuilds, root, consumer)


def installed(builds: VenvBuilds) -> list[str]:
    """Return name-version of all that is in the virtual environment."""
    libraries = site_packages(builds)
    return sorted(path.name.removesuffix(".dist-info") for path in libraries.glob("*.dist-info"))


def site_packages(builds: VenvBuilds) -> Path:
    """Return the only site-packages of the virtual environment."""
    (found,) = (builds.root / "work space/layers/strata_app-venv/venv/venv/lib").glob("*/site-packages")
    return found


def reused(result: BuildResult) -> bool:
    """Return whether the virtual environment is the restored one."""
    return result.layer(VENV, "venv").reused


def text_of(result: BuildResult) -> str:
    """Return what strata/app-venv printed."""
    return result.run(VENV).printed


def pinned(builds: VenvBuilds, *names: str) -> None:
    """Require these (name-version), each by its hash."""
    builds.require(*builds.locked(*names))


def lock(builds: VenvBuilds, *names: str) -> None:
    """Write a lock file of these."""
    builds.lock(*names)


def unpinned(builds: VenvBuilds, *names: str) -> None:
    """Require these by name alone."""
    builds.require(*(name.partition("-")[0] for name in names))


def downloads(builds: VenvBuilds) -> list[str]:
    """Return the distributions that were asked for since the last call."""
    found = [one.path.rpartition("/")[2] for one in builds.server.requests if "/files/" in one.path]
    builds.server.requests.clear()
    return [name.partition("-py3")[0] for name in found]


def without_hashes(builds: VenvBuilds) -> None:
    """Make the index one that says no hashes of its files."""
    for page in (builds.root / "index/simple").glob("*/index.html"):
        page.write_text(re.sub("#sha256=[0-9a-f]+", "", page.read_text()))


def digest(text: str) -> str:
    """Return a SHA-256 that no file has."""
    return hashlib.sha256(text.encode()).hexdigest()


def _provide(minor: str) -> str:
    base = shared_pip(minor)
    layer = '"$CNB_LAYERS_DIR/pip"'
    return (
        f"mkdir -p {layer}/env.build\n"
        f"printf '%s' '{base}/bin' > {layer}/env.build/PATH.prepend\n"
        f"printf ':' > {layer}/env.build/PATH.delim\n"
        f"printf '%s' '{base}' > {layer}/env.build/PYTHONUSERBASE\n"
        f"printf '[types]\\nbuild = true\\n' > {layer}.toml\n"
    )
