"""The uv that is there, and the environment in which it runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

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
from app_venv.installers.uv.options import uv_variables
from app_venv.program import Program
from buildpack_api import commands
from buildpack_api.errors import CommandFailed
from buildpack_api.interpreter import find_interpreter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from buildpack_api.context import BuildContext

_OLDEST = (0, 8)


def find_tools(context: BuildContext) -> Tools:
    """Find Python and uv. Raises PlatformError for what is missing or too old; see `read_access`."""
    access = read_access(context)
    tell_access(access, context)
    return Tools(find_interpreter(context), find_uv(context), uv_environment(context), access)


def find_uv(context: BuildContext) -> Program:
    """Return the first ``uv`` on PATH; see `programs_named`.

    Raises PlatformError if there is none or if it is too old.
    """
    environment = uv_environment(context)
    for program in programs_named("uv", context):
        found = program_beside(program, "uv", OWN_SITE) or _asked(program, environment)
        if found is not None:
            refuse_older(found, _OLDEST, title="uv", name="uv")
            return found
    raise no_program("uv")


def uv_environment(context: BuildContext) -> dict[str, str]:
    """Return the environment to run uv in: with the user's indexes, proxies and certificates."""
    return program_environment(context, uv_variables(context.environment), without=("UV_",))


def _asked(program: Path, environment: Mapping[str, str]) -> Program | None:
    try:
        answer = commands.capture([program, "--no-config", "--version"], env=environment, cwd=Path("/"))
    except CommandFailed:
        return None
    found = re.match(r"uv (?P<version>\d+\.\d+\S*)", answer)
    return Program((str(program),), found["version"], program.parent) if found else None
