"""The Poetry that is there, and the environment in which it runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from app_venv.installers.poetry.options import poetry_variables
from app_venv.installers.tools import (
    OWN_SITE,
    Tools,
    no_program,
    program_beside,
    program_environment,
    programs_named,
    read_access,
    refuse_older,
    tell_access,
)
from app_venv.program import Program
from buildpack_api import commands
from buildpack_api.errors import CommandFailed
from buildpack_api.interpreter import find_interpreter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from buildpack_api.context import BuildContext

_OLDEST = (2, 0)
# That of a virtual environment, too: to say its version takes Poetry as long as to load all of it.
_SITES = (OWN_SITE, "lib/python3*/site-packages")
# A Conda that is active would be taken for the environment to install into.
_LEFT_OUT = ("POETRY_", "CONDA_")


def find_tools(context: BuildContext) -> Tools:
    """Find Python and Poetry. Raises PlatformError for what is missing or too old; see `read_access`."""
    access = read_access(context)
    tell_access(access, context)
    environment = poetry_environment(context)
    return Tools(find_interpreter(context), find_poetry(context, environment), environment, access)


def find_poetry(context: BuildContext, environment: Mapping[str, str]) -> Program:
    """Return the first ``poetry`` on PATH; see `programs_named`.

    Raises PlatformError if there is none or if it is too old.
    """
    for program in programs_named("poetry", context):
        found = program_beside(program, "poetry", *_SITES) or _asked(program, environment)
        if found is not None:
            refuse_older(found, _OLDEST, title="Poetry", name="poetry")
            return found
    raise no_program("poetry")


def poetry_environment(context: BuildContext) -> dict[str, str]:
    """Return the environment to run Poetry in: with the user's logins, proxies and certificates."""
    return program_environment(context, poetry_variables(context.environment), without=_LEFT_OUT)


def _asked(program: Path, environment: Mapping[str, str]) -> Program | None:
    try:
        answer = commands.capture([program, "--version", "--no-ansi"], env=environment, cwd=Path("/"))
    except CommandFailed:
        return None
    found = re.search(r"\b(?P<version>\d+\.\d+[^\s)]*)", answer)
    return Program((str(program),), found["version"], program.parent) if found else None
