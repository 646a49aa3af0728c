"""What the readers of inputs need to know, for tests that start no program."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app_venv.inputs.selection import Wanted
from app_venv.program import Program
from app_venv.settings import read_settings
from buildpack_api.interpreter import Interpreter

if TYPE_CHECKING:
    from collections.abc import Mapping


def wanted(
    app: Path,
    variables: Mapping[str, str] | None = None,
    *,
    python: str = "3.13.1",
    pip: str = "26.3",
    abi: str = "",
) -> Wanted:
    """Return what is wanted of the app by these variables, with tools that nobody runs."""
    given = variables or {}
    interpreter = Interpreter(Path("/python/bin/python3"), python, python.rpartition(".")[0], python, abi)
    program = Program(("/pip/bin/pip",), pip, Path("/pip/lib"))
    return Wanted(app, given, read_settings(given), interpreter, program)
