"""The Poetry that is there, and the environment in which it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_venv.installers.poetry.options import poetry_variables
from app_venv.installers.tools import (
    OWN_SITE,
    KnownProgram,
    Tools,
    program_environment,
    read_access,
    tell_access,
)
from buildpack_api.interpreter import find_interpreter, provided_path

if TYPE_CHECKING:
    from buildpack_api.context import BuildContext

# That of a virtual environment, too: to say its version takes Poetry as long as to load all of it.
_SITES = (OWN_SITE, "lib/python3*/site-packages")
_POETRY = KnownProgram(
    "poetry", "Poetry", _SITES, ("--version", "--no-ansi"), r"\b(\d+\.\d+[^\s)]*)", oldest=(2, 0)
)
# A Conda that is active would be taken for the environment to install into.
_LEFT_OUT = ("POETRY_", "CONDA_")


def find_tools(context: BuildContext) -> Tools:
    """Find Python and Poetry. Raises PlatformError for what is missing or too old; see `read_access`."""
    access = read_access(context)
    tell_access(access, context)
    environment = poetry_environment(context)
    program = _POETRY.find(provided_path(context), environment)
    return Tools(find_interpreter(context), program, environment, access)


def poetry_environment(context: BuildContext) -> dict[str, str]:
    """Return the environment to run Poetry in: with the user's logins, proxies and certificates."""
    return program_environment(context, poetry_variables(context.environment), without=_LEFT_OUT)
