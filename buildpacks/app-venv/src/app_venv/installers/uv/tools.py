"""The uv that is there, and the environment in which it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_venv.installers.tools import (
    OWN_SITE,
    KnownProgram,
    Tools,
    program_environment,
    read_access,
    tell_access,
)
from app_venv.installers.uv.options import uv_variables
from buildpack_api.interpreter import find_interpreter, provided_path

if TYPE_CHECKING:
    from buildpack_api.context import BuildContext

_UV = KnownProgram("uv", "uv", (OWN_SITE,), ("--no-config", "--version"), r"^uv (\d+\.\d+\S*)", oldest=(0, 8))


def find_tools(context: BuildContext) -> Tools:
    """Find Python and uv. Raises PlatformError for what is missing or too old; see `read_access`."""
    access = read_access(context)
    tell_access(access, context)
    environment = uv_environment(context)
    program = _UV.find(provided_path(context), environment)
    return Tools(find_interpreter(context), program, environment, access)


def uv_environment(context: BuildContext) -> dict[str, str]:
    """Return the environment to run uv in: with the user's indexes, proxies and certificates."""
    return program_environment(context, uv_variables(context.environment), without=("UV_",))
