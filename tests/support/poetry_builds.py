"""Builds of strata/app-venv with the real Poetry: a project to edit and lock, an index that can change."""

from __future__ import annotations

import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_testing.platform import LocalPlatform
from buildpack_testing.server import serve
from support.component_builds import CONSUMER, NEWEST, PYTHON, image_with_python
from support.main_job import VENV
from support.managers import manager
from support.scripted import ScriptedBuildpacks, provides, requires
from support.venv_builds import VenvBuilds, assembled

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from buildpack_testing.platform import BuildResult
    from buildpack_testing.server import StaticServer

_OTHER_POETRY = "test/poetry"
SOURCE = """
[[tool.poetry.source]]
name = "main"
url = "{url}/simple/"
"""
PROJECT = """\
[project]
name = "app"
version = "1.0"
requires-python = ">=3.10"
dependencies = [{dependencies}]
{more}
"""
NO_PACKAGE = "[tool.poetry]\npackage-mode = false\n"


class PoetryBuilds(VenvBuilds):
    """One app with a poetry.lock."""

    def poetry_project(self, *dependencies: str, more: str = NO_PACKAGE, url: str = "") -> None:
        """Write the project, whose index is ``main``: that of these builds, or another one."""
        listed = ", ".join(f'"{one}"' for one in dependencies)
        text = PROJECT.format(dependencies=listed, more=more) + SOURCE.format(url=url or self.server.url)
        self.app.mkdir(exist_ok=True)
        (self.app / "pyproject.toml").write_text(text)

    def poetry_lock(self, **variables: str) -> str:
        """Lock, as a developer does, and return the file's text."""
        run_poetry("lock", cwd=self.app, **variables)
        return (self.app / "poetry.lock").read_text()

    def platform(self, minor: str = NEWEST, *, pip: str = _OTHER_POETRY) -> LocalPlatform:
        """Return a platform; with ``pip=POETRY`` Poetry comes from strata/poetry-tool."""
        scripted = ScriptedBuildpacks(Path(tempfile.mkdtemp(dir=self.root)))
        scripted.add(PYTHON, plan=provides("python"))
        scripted.add(_OTHER_POETRY, plan=provides("poetry"), build=_provide(self.root))
        scripted.add(CONSUMER, plan=requires("venv", metadata="build = true"), build=self.consumer)
        directories = [assembled() / "assembled" / name for name in ("strata_poetry-tool", "strata_app-venv")]
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
def poetry_builds(root: Path, *, consumer: str = "") -> Iterator[PoetryBuilds]:
    """Serve an index and give what a test needs."""
    (root / "index").mkdir(parents=True)
    with serve(root / "index") as server:
        yield PoetryBuilds(root, server, consumer)


def _provide(root: Path) -> str:
    """A folder with the command alone: the Python beside it is none of the build's."""
    folder = root / "other poetry"
    folder.mkdir(exist_ok=True)
    if not (folder / "poetry").is_symlink():
        (folder / "poetry").symlink_to(manager("poetry") / "poetry")
    layer = '"$CNB_LAYERS_DIR/poetry"'
    return (
        f"mkdir -p {layer}/env.build\n"
        f"printf '%s' '{folder}' > {layer}/env.build/PATH.prepend\n"
        f"printf ':' > {layer}/env.build/PATH.delim\n"
        f"printf '[types]\\nbuild = true\\n' > {layer}.toml\n"
    )


def poetry_locked_project(app: Path, index: StaticServer, *, oldest: str = "3.10") -> None:
    """Put a pyproject.toml and its poetry.lock in the place of a requirements.txt that pins everything.

    ``oldest`` is the oldest Python that the project is for.
    """
    lines = (app / "requirements.txt").read_text().splitlines()
    pins = [line.split(";")[0].split("\\")[0].split()[0] for line in lines if "==" in line]
    # Poetry locks for all systems, and the index has only what is for this one.
    here = "sys_platform == 'linux' and platform_system == 'Linux' and os_name == 'posix'"
    listed = ", ".join(f'"{pin}; {here}"' for pin in pins)
    text = PROJECT.format(dependencies=listed, more=NO_PACKAGE) + SOURCE.format(url=index.url)
    (app / "pyproject.toml").write_text(text.replace(">=3.10", f">={oldest}"))
    (app / "requirements.txt").unlink()
    run_poetry("lock", cwd=app)


def run_poetry(*arguments: str, cwd: Path, **variables: str) -> None:
    """Run Poetry as a developer does, in an environment of its own choice."""
    home = cwd.parent / "home"
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(home),
        "POETRY_VIRTUALENVS_CREATE": "false",
        **variables,
    }
    command = (str(manager("poetry") / "poetry"), *arguments, "--no-ansi", "--no-interaction")
    subprocess.run(command, cwd=cwd, check=True, env=environment)
