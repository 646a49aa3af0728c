"""The uv that is there, and the environment in which it runs."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from app_venv.installers.tools import Tools, read_access, tell_access
from app_venv.installers.uv.options import uv_variables
from app_venv.program import Program
from buildpack_api import commands
from buildpack_api.errors import CommandFailed, PlatformError
from buildpack_api.interpreter import find_interpreter, isolated_environment, provided_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from buildpack_api.context import BuildContext

_OLDEST = (0, 8)
# What decides about the bits of packages that are built, and a module path that a buildpack has set.
_KEPT = ("PYTHONUTF8", "PYTHONIOENCODING", "PYTHONHASHSEED")


def find_tools(context: BuildContext) -> Tools:
    """Find Python and uv. Raises PlatformError for what is missing or too old; see `read_access`."""
    access = read_access(context)
    tell_access(access, context)
    return Tools(find_interpreter(context), find_uv(context), uv_environment(context), access)


def find_uv(context: BuildContext) -> Program:
    """Return the first ``uv`` on PATH; as with the interpreter, the user's own prefix is not searched.

    Raises PlatformError if there is none or if it is too old.
    """
    environment = uv_environment(context)
    for program in _programs(provided_path(context)):
        try:
            answer = commands.capture([program, "--no-config", "--version"], env=environment, cwd=Path("/"))
        except CommandFailed:
            continue
        found = re.match(r"uv (?P<version>\d+\.\d+\S*)", answer)
        if found:
            return _checked(Program((str(program),), found["version"], program.parent))
    raise PlatformError(
        "No uv is on PATH",
        advice="Put a buildpack that provides 'uv', such as strata/uv-tool, before this one.",
    )


def uv_environment(context: BuildContext) -> dict[str, str]:
    """Return the environment to run uv in: with the user's indexes, proxies and certificates.

    Without variables of Python and pip, which are for the app or for another tool.
    """
    environment = {
        name: value
        for name, value in isolated_environment(context.environment).items()
        if not name.startswith("UV_")
    }
    environment |= uv_variables(context.environment)
    environment |= {name: context.environment[name] for name in _KEPT if name in context.environment}
    return environment


def _programs(path: str) -> Iterator[Path]:
    for entry in path.split(":"):
        program = Path(entry, "uv")
        if entry.startswith("/") and program.is_file() and os.access(program, os.X_OK):
            yield program


def _checked(uv: Program) -> Program:
    if uv.release < _OLDEST:
        needed = ".".join(map(str, _OLDEST))
        raise PlatformError(
            f"uv {uv.version} is too old",
            detail=f"It is {uv.command[0]}. This buildpack needs {needed} or newer.",
            advice="Ask strata/uv-tool for a newer one, or put it, or another provider of uv, before "
            "this buildpack.",
        )
    return uv
