"""Builds of strata/app-venv with the real Poetry: a project to edit and lock, an index that can change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildpack_testing.poetry_program import source_table
from support.component_builds import NEWEST
from support.managers import manager
from support.poetry_projects import NO_PACKAGE, PROJECT, run_poetry
from support.venv_builds import VenvBuilds, provide_command, served_builds, tool_platform

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from buildpack_testing.platform import LocalPlatform

_OTHER_POETRY = "test/poetry"


class PoetryBuilds(VenvBuilds):
    """One app with a poetry.lock."""

    def poetry_project(self, *dependencies: str, more: str = NO_PACKAGE, url: str = "") -> None:
        """Write the project, whose index is ``main``: that of these builds, or another one."""
        listed = ", ".join(f'"{one}"' for one in dependencies)
        source = source_table(f"{url or self.server.url}/simple/")
        text = PROJECT.format(dependencies=listed, more=more) + source
        self.app.mkdir(exist_ok=True)
        (self.app / "pyproject.toml").write_text(text)

    def poetry_lock(self, **variables: str) -> str:
        """Lock, as a developer does, and return the file's text."""
        run_poetry("lock", cwd=self.app, **variables)
        return (self.app / "poetry.lock").read_text()

    def platform(self, minor: str = NEWEST, *, pip: str = _OTHER_POETRY) -> LocalPlatform:
        """Return a platform; with ``pip=POETRY`` Poetry comes from strata/poetry-tool."""
        return tool_platform(self, "poetry", _provide(self.root), minor, pip)

    @property
    def usual_variables(self) -> dict[str, str]:
        """Nothing: the project names its index."""
        return {}


def poetry_builds(root: Path, *, consumer: str = "") -> AbstractContextManager[PoetryBuilds]:
    """Serve an index and give what a test needs."""
    return served_builds(PoetryBuilds, root, consumer)


def _provide(root: Path) -> str:
    """A folder with the command alone: the Python beside it is none of the build's."""
    folder = root / "other poetry"
    folder.mkdir(exist_ok=True)
    if not (folder / "poetry").is_symlink():
        (folder / "poetry").symlink_to(manager("poetry") / "poetry")
    return provide_command("poetry", folder)
