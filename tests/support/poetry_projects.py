"""Projects that are locked with the real Poetry, as a developer does it."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from buildpack_testing.poetry_program import source_table
from support.managers import manager

if TYPE_CHECKING:
    from pathlib import Path

    from buildpack_testing.server import StaticServer

PROJECT = """\
[project]
name = "app"
version = "1.0"
requires-python = ">=3.10"
dependencies = [{dependencies}]
{more}
"""
NO_PACKAGE = "[tool.poetry]\npackage-mode = false\n"


def poetry_locked_project(app: Path, index: StaticServer, *, oldest: str = "3.10") -> None:
    """Put a pyproject.toml and its poetry.lock in the place of a requirements.txt that pins everything.

    ``oldest`` is the oldest Python that the project is for.
    """
    lines = (app / "requirements.txt").read_text().splitlines()
    pins = [line.split(";")[0].split("\\")[0].split()[0] for line in lines if "==" in line]
    # Poetry locks for all systems, and the index has only what is for this one.
    here = "sys_platform == 'linux' and platform_system == 'Linux' and os_name == 'posix'"
    listed = ", ".join(f'"{pin}; {here}"' for pin in pins)
    text = PROJECT.format(dependencies=listed, more=NO_PACKAGE) + source_table(f"{index.url}/simple/")
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
