"""What the readers of inputs need to know, for tests that start no program."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app_venv.inputs.selection import Wanted, read_selection
from app_venv.pip_program import PipProgram
from app_venv.tools import Tools
from buildpack_api.index_access import IndexAccess
from buildpack_api.interpreter import Interpreter

if TYPE_CHECKING:
    from collections.abc import Mapping


def tools(*, python: str = "3.13.1", pip: str = "26.3") -> Tools:
    """Return tools of these versions, which nobody runs."""
    interpreter = Interpreter(Path("/python/bin/python3"), python, python.rpartition(".")[0], python)
    program = PipProgram(("/pip/bin/pip",), pip, Path("/pip/lib"))
    return Tools(interpreter, program, {}, IndexAccess())


def wanted(
    app: Path, variables: Mapping[str, str] | None = None, *, python: str = "3.13.1", pip: str = "26.3"
) -> Wanted:
    """Return what is wanted of the app by these variables."""
    given = variables or {}
    return Wanted(app, given, read_selection(given), tools(python=python, pip=pip))
