"""Builds of strata/app-venv with the real uv: a project to edit and lock, an index that can change."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_release.bytecode.interpreters import installed_interpreters
from buildpack_testing import uv_program
from buildpack_testing.platform import LocalPlatform
from buildpack_testing.server import serve
from support.component_builds import CONSUMER, NEWEST, PYTHON, image_with_python
from support.main_job import VENV
from support.scripted import ScriptedBuildpacks, provides, requires
from support.uv_wheels import uv_wheel
from support.venv_builds import VenvBuilds, assembled

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from buildpack_testing.platform import BuildResult
    from buildpack_testing.server import StaticServer

_OTHER_UV = "test/uv"
PROJECT = """\
[project]
name = "app"
version = "1.0"
requires-python = ">=3.10"
dependencies = [{dependencies}]
{more}
[[tool.uv.index]]
name = "main"
url = "{url}/simple/"
default = true
"""


@cache
def shared_uv() -> Path:
    """Return the real uv of the buildpack's release, taken out of its wheel once."""
    directory = Path(tempfile.mkdtemp(prefix="strata-uv-"))
    atexit.register(shutil.rmtree, directory)
    return uv_program.unpack_uv(uv_wheel(), directory)


class UvBuilds(VenvBuilds):
    """One app with a uv.lock."""

    def project(
        self, *dependencies: str, more: str = "", file: str = "pyproject.toml", url: str = ""
    ) -> None:
        """Write the project, whose index is ``main``: that of these builds, or another one."""
        listed = ", ".join(f'"{one}"' for one in dependencies)
        path = self.app / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(PROJECT.format(dependencies=listed, more=more, url=url or self.server.url))

    def uv_lock(self, **variables: str) -> str:
        """Lock, as a developer does, and return the file's text."""
        run_uv("lock", cwd=self.app, **variables)
        return (self.app / "uv.lock").read_text()

    def platform(self, minor: str = NEWEST, *, pip: str = _OTHER_UV) -> LocalPlatform:
        """Return a platform; with ``pip=UV`` uv comes from strata/uv-tool."""
        scripted = ScriptedBuildpacks(Path(tempfile.mkdtemp(dir=self.root)))
        scripted.add(PYTHON, plan=provides("python"))
        scripted.add(_OTHER_UV, plan=provides("uv"), build=_provide())
        scripted.add(CONSUMER, plan=requires("venv", metadata="build = true"), build=self.consumer)
        directories = [assembled() / "assembled" / name for name in ("strata_uv-tool", "strata_app-venv")]
        return LocalPlatform(
            self.root / "work space",
            [*scripted.directories, *directories],
            [[PYTHON, pip, VENV, CONSUMER]],
            image=image_with_python(minor),
        )

    def build(
        self,
        variables: Mapping[str, str] | None = None,
        *,
        platform: LocalPlatform | None = None,
        clear: bool = False,
    ) -> BuildResult:
        """Build the app."""
        return (platform or self.platform()).build(self.app, variables=variables or {}, clear=clear)


@contextmanager
def uv_builds(root: Path, *, consumer: str = "") -> Iterator[UvBuilds]:
    """Serve an index and give what a test needs."""
    (root / "index").mkdir(parents=True)
    with serve(root / "index") as server:
        yield UvBuilds(root, server, consumer)


def _provide() -> str:
    layer = '"$CNB_LAYERS_DIR/uv"'
    return (
        f"mkdir -p {layer}/env.build\n"
        f"printf '%s' '{shared_uv().parent}' > {layer}/env.build/PATH.prepend\n"
        f"printf ':' > {layer}/env.build/PATH.delim\n"
        f"printf '[types]\\nbuild = true\\n' > {layer}.toml\n"
    )


def locked_project(app: Path, index: StaticServer) -> None:
    """Put a pyproject.toml and its uv.lock in the place of a requirements.txt that pins everything."""
    lines = (app / "requirements.txt").read_text().splitlines()
    pins = [line.split(";")[0].split("\\")[0].strip() for line in lines if "==" in line]
    listed = ",\n    ".join(f'"{pin.split()[0]}"' for pin in pins)
    head = '[project]\nname = "app"\nversion = "1.0"\nrequires-python = ">=3.10"\n'
    (app / "pyproject.toml").write_text(f"{head}dependencies = [\n    {listed},\n]\n")
    (app / "requirements.txt").unlink()
    run_uv("lock", cwd=app, UV_DEFAULT_INDEX=f"{index.url}/simple/")


def run_uv(command: str, *, cwd: Path, **variables: str) -> None:
    """Run uv as a developer does, with the newest Python of this machine."""
    python = installed_interpreters()[NEWEST].executable
    uv_program.run_uv(shared_uv(), command, "--python", str(python), cwd=cwd, **variables)
