"""What installs: the Python and the pip that are there, and the environment in which pip runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app_venv.guard import without_dangerous
from app_venv.pip_config import refuse_dangerous_settings
from app_venv.pip_program import PipProgram, find_pip, pip_environment
from buildpack_api.index_bindings import read_index_access
from buildpack_api.interpreter import Interpreter, find_interpreter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from buildpack_api.context import BuildContext
    from buildpack_api.index_access import IndexAccess


@dataclass(frozen=True)
class Tools:
    """``pip_environment`` holds indexes, proxies and certificates: it may hold secrets.

    ``access`` is what service bindings add to it, for as long as a command runs.
    """

    interpreter: Interpreter
    pip: PipProgram
    pip_environment: Mapping[str, str] = field(repr=False)
    access: IndexAccess


def find_tools(context: BuildContext) -> Tools:
    """Find Python and pip. Raises PlatformError if one is missing or too old.

    Raises ConfigurationError for bindings of package indexes that cannot be used, and
    for what would spoil the build in pip's configuration files.
    """
    access = read_index_access(context.bindings, context.environment)
    refuse_dangerous_settings({**without_dangerous(context.environment), **access.variables})
    if access.names:
        context.output.step(f"Access to package indexes: by the binding {' and '.join(access.names)}")
    interpreter = find_interpreter(context)
    return Tools(interpreter, find_pip(context, interpreter), pip_environment(context), access)
