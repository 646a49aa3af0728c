"""What installs: the Python and the pip that are there, and the environment in which pip runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app_venv.pip_program import PipProgram, find_pip, pip_environment
from buildpack_api.interpreter import Interpreter, find_interpreter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from buildpack_api.context import BuildContext


@dataclass(frozen=True)
class Tools:
    """``pip_environment`` holds indexes, proxies and certificates: it may hold secrets."""

    interpreter: Interpreter
    pip: PipProgram
    pip_environment: Mapping[str, str] = field(repr=False)


def find_tools(context: BuildContext) -> Tools:
    """Find Python and pip. Raises PlatformError if one is missing or too old."""
    interpreter = find_interpreter(context)
    return Tools(interpreter, find_pip(context, interpreter), pip_environment(context))
