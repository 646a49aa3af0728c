"""Real builds of single components, assembled, on the local platform, with a Python of this machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_release.bytecode.interpreters import installed_interpreters
from buildpack_release.bytecode.toolchain import Toolchain
from buildpack_release.files.cache import cache_directory
from buildpack_release.model.repository import Repository
from buildpack_release.packaging.assemble import assemble
from buildpack_testing.failure import PhaseError
from buildpack_testing.installed_pythons import find_installed
from buildpack_testing.platform import LocalPlatform
from buildpack_testing.standalone.releases import RELEASES
from buildpack_testing.workspace import SYSTEM_PATH, ImageEnvironment
from support.needs import lack
from support.scripted import ScriptedBuildpacks, provides, requires

if TYPE_CHECKING:
    from collections.abc import Iterable

    from buildpack_testing.runtime_set import RuntimeArchive, RuntimeSet

ROOT = Path(__file__).resolve().parents[2]
MINORS = tuple(installed_interpreters())
"""The Pythons of this machine, its distribution's included, oldest first: each may be a build image's."""

NEWEST = MINORS[-1]

RUNTIMES = tuple(find_installed()) or tuple(release.minor for release in RELEASES)
"""The lines of the runtime archives, oldest first: of complete CPythons here, else of the real trees."""

NEWEST_RUNTIME = RUNTIMES[-1]
PYTHON = "test/python"
CONSUMER = "test/consumer"


def archive_of(runtimes: RuntimeSet, minor: str) -> RuntimeArchive:
    """Return the archive of a line; where the real one cannot be completed, the test is skipped."""
    found = [archive for archive in runtimes.archives if archive.minor == minor]
    if not found:
        ways = f"pyenv install {minor}, or uv python install {minor}"
        lack(f"missing: Python {minor} with headers and ensurepip ({ways})")
    return found[0]


def assemble_components(ids: Iterable[str], into: Path) -> list[Path]:
    """Assemble buildpacks of this repository, with byte code for the Pythons of this machine, as in packages.

    Without it every build would compile dozens of modules again; the cache keeps what was compiled once.
    """
    repository = Repository.discover(ROOT)
    toolchain = Toolchain(tuple(installed_interpreters().values()), (), cache_directory())
    return [assemble(repository, repository.get(one), into, toolchain=toolchain) for one in ids]


def image_with_python(minor: str) -> ImageEnvironment:
    """Return a base image whose first Python on PATH is that one."""
    directory = installed_interpreters()[minor].executable.parent
    return ImageEnvironment(
        build_path=f"{directory}{os.pathsep}{SYSTEM_PATH}",
        run_path=SYSTEM_PATH,
        arch="amd64",
        distro_name="debian",
        distro_version="12",
    )


class ComponentBuilds:
    """Platforms over one workspace, whose group begins with a Python from the base image.

    ``consumer`` is the program (sh) of a buildpack that comes last and uses what the components provide.
    """

    def __init__(
        self, root: Path, components: list[Path], *, consumer_requires: str = "", consumer: str = ""
    ) -> None:
        self.root = root
        scripted = ScriptedBuildpacks(root / "scripted")
        scripted.add(PYTHON, plan=provides("python"))
        scripted.add(CONSUMER, plan=consumer_requires, build=consumer)
        self._directories = [*scripted.directories, *components]
        ids = [directory.name.replace("_", "/", 1) for directory in components]
        self._order = [[PYTHON, *ids, CONSUMER]]

    def platform(self, minor: str = NEWEST) -> LocalPlatform:
        """Return a platform whose build image has the Python ``minor``."""
        image = image_with_python(minor)
        return LocalPlatform(self.root / "work space", self._directories, self._order, image=image)

    def failure_of(self, tool: str, app: Path, variables: dict[str, str]) -> str:
        """Build, in which strata/TOOL-tool must fail as it should, and return what was said, in one line."""
        platform, failed = self.platform(), None
        try:
            platform.build(app, variables=variables)
        except PhaseError as error:
            failed = error
        assert failed is not None, "the build did not fail"
        assert "Traceback" not in failed.output
        layer = platform.workspace.layers / f"strata_{tool}-tool/{tool}.toml"
        assert not layer.exists(), "nothing half-made counts"
        return " ".join(failed.output.split())


def app_with_module(root: Path, name: str) -> Path:
    """Return an app with a module of that name, which nobody is to import."""
    directory = root / "app"
    directory.mkdir()
    (directory / f"{name}.py").write_text("raise SystemExit('a module of the app was imported')\n")
    return directory


def requires_pip(metadata: str = "build = true") -> str:
    """Return the plan of a consumer of pip."""
    return requires("pip", metadata=metadata)
