"""The Poetry that is there, and the environment in which it runs."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from app_venv.installers.poetry.options import poetry_variables
from app_venv.installers.tools import Tools, read_access, tell_access
from app_venv.program import Program
from buildpack_api import commands
from buildpack_api.errors import CommandFailed, PlatformError
from buildpack_api.interpreter import find_interpreter, isolated_environment, provided_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from buildpack_api.context import BuildContext

_OLDEST = (2, 0)
# Where its packages are, beside the folder of the command: as strata/poetry-tool has it, or a virtual
# environment. Asking Poetry for its version takes as long as it takes to load it.
_SITES = ("site", "lib/python3*/site-packages")
_METADATA = re.compile(r"poetry-(?P<version>\d[^-]*)\.dist-info")
# What decides about the bits of packages that are built.
_KEPT = ("PYTHONUTF8", "PYTHONIOENCODING", "PYTHONHASHSEED")
# A Conda that is active would be taken for the environment to install into.
_LEFT_OUT = ("POETRY_", "CONDA_")


def find_tools(context: BuildContext) -> Tools:
    """Find Python and Poetry. Raises PlatformError for what is missing or too old; see `read_access`."""
    access = read_access(context)
    tell_access(access, context)
    environment = poetry_environment(context)
    return Tools(find_interpreter(context), find_poetry(context, environment), environment, access)


def find_poetry(context: BuildContext, environment: Mapping[str, str]) -> Program:
    """Return the first ``poetry`` on PATH; as with the interpreter, the user's own prefix is not searched.

    Raises PlatformError if there is none or if it is too old.
    """
    for program in _programs(provided_path(context)):
        found = _beside(program) or _asked(program, environment)
        if found is not None:
            return _checked(found)
    raise PlatformError(
        "No poetry is on PATH",
        advice="Put a buildpack that provides 'poetry', such as strata/poetry-tool, before this one.",
    )


def poetry_environment(context: BuildContext) -> dict[str, str]:
    """Return the environment to run Poetry in: with the user's logins, proxies and certificates.

    Without variables of Python and pip, which are for the app or for another tool.
    """
    environment = {
        name: value
        for name, value in isolated_environment(context.environment).items()
        if not name.startswith(_LEFT_OUT)
    }
    environment |= poetry_variables(context.environment)
    environment |= {name: context.environment[name] for name in _KEPT if name in context.environment}
    return environment


def _programs(path: str) -> Iterator[Path]:
    for entry in path.split(":"):
        program = Path(entry, "poetry")
        if entry.startswith("/") and program.is_file() and os.access(program, os.X_OK):
            yield program


def _beside(program: Path) -> Program | None:
    tree = program.resolve().parent.parent
    for pattern in _SITES:
        for directory in tree.glob(f"{pattern}/poetry-*.dist-info"):
            found = _METADATA.fullmatch(directory.name)
            if found:
                return Program((str(program),), found["version"], directory.parent)
    return None


def _asked(program: Path, environment: Mapping[str, str]) -> Program | None:
    try:
        answer = commands.capture([program, "--version", "--no-ansi"], env=environment, cwd=Path("/"))
    except CommandFailed:
        return None
    found = re.search(r"\b(?P<version>\d+\.\d+[^\s)]*)", answer)
    return Program((str(program),), found["version"], program.parent) if found else None


def _checked(poetry: Program) -> Program:
    if poetry.release < _OLDEST:
        needed = ".".join(map(str, _OLDEST))
        raise PlatformError(
            f"Poetry {poetry.version} is too old",
            detail=f"It is {poetry.command[0]}. This buildpack needs {needed} or newer.",
            advice="Ask strata/poetry-tool for a newer one, or put it, or another provider of poetry, before "
            "this buildpack.",
        )
    return poetry
