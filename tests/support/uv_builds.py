"""Builds of strata/app-venv with the real uv: a project to edit and lock, an index that can change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.component_builds import NEWEST
from support.uv_projects import run_uv, shared_uv
from support.venv_builds import VenvBuilds, provide_command, served_builds, tool_platform

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from buildpack_testing.platform import LocalPlatform

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
        return uv_platform(self, minor, pip=pip)

    @property
    def usual_variables(self) -> dict[str, str]:
        """Nothing: the project names its index."""
        return {}


def uv_builds(root: Path, *, consumer: str = "") -> AbstractContextManager[UvBuilds]:
    """Serve an index and give what a test needs."""
    return served_builds(UvBuilds, root, consumer)


def uv_platform(builds: VenvBuilds, minor: str = NEWEST, *, pip: str = _OTHER_UV) -> LocalPlatform:
    """Return a platform on which any app can be built with uv."""
    return tool_platform(builds, "uv", provide_command("uv", shared_uv().parent), minor, pip)
