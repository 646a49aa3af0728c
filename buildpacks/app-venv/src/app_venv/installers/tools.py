"""What installs, whichever tool it is: Python, the program, its environment, and what may not be set."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from app_venv.program import Program
from buildpack_api.errors import ConfigurationError, PlatformError
from buildpack_api.index_bindings import read_index_access
from buildpack_api.interpreter import isolated_environment, provided_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from buildpack_api.context import BuildContext
    from buildpack_api.index_access import IndexAccess
    from buildpack_api.interpreter import Interpreter

OWN_SITE = "site"
"""Where strata's tool buildpacks have packages or their metadata, beside the directory of programs."""

OWN = "the buildpacks set it"
_NO_LIBRARY = "Python would not find its standard library"

OF_PYTHON: Mapping[str, str] = {
    "VIRTUAL_ENV": OWN,
    "PYTHONHOME": _NO_LIBRARY,
    "PYTHONPLATLIBDIR": _NO_LIBRARY,
    "PYTHONPYCACHEPREFIX": "byte code would be written outside the image, and start-up be slow",
}
"""Why those are refused that concern Python, with every tool."""

# What decides about the bits of packages that are built.
_KEPT = ("PYTHONUTF8", "PYTHONIOENCODING", "PYTHONHASHSEED")

BUILD_EPOCH = "315532801"
"""1980-01-01T00:00:01Z, the earliest time that a zip archive can hold, and a second: for what is built."""


@dataclass(frozen=True)
class Tools:
    """``program`` runs in ``environment``, which holds indexes, proxies and certificates: perhaps secrets.

    ``access`` is what service bindings add to it, for as long as a command runs.
    """

    interpreter: Interpreter
    program: Program
    environment: Mapping[str, str] = field(repr=False)
    access: IndexAccess


def read_access(context: BuildContext) -> IndexAccess:
    """Read what bindings say of indexes and repositories. Raises ConfigurationError."""
    return read_index_access(context.bindings, context.environment)


def tell_access(access: IndexAccess, context: BuildContext) -> None:
    """Name the bindings in the log."""
    if access.names:
        context.output.step(f"Access to package indexes: by the binding {' and '.join(access.names)}")
    if access.git:
        context.output.step(f"Access to git repositories: by the binding {' and '.join(access.git.names)}")


def programs_named(name: str, context: BuildContext) -> Iterator[Path]:
    """Yield those on PATH; as with the interpreter, the user's own prefix is not searched."""
    for entry in provided_path(context).split(":"):
        program = Path(entry, name)
        if entry.startswith("/") and program.is_file() and os.access(program, os.X_OK):
            yield program


def program_beside(program: Path, name: str, *sites: str) -> Program | None:
    """Recognise a program of the distribution ``name`` by its metadata, without starting it.

    ``sites`` are patterns of the directories that they may be in. None if there are none, or of several
    releases.
    """
    tree = program.resolve().parent.parent
    found = [path for site in sites for path in tree.glob(f"{site}/{name}-[0-9]*.dist-info")]
    if len(found) != 1:
        return None
    version = found[0].name.removeprefix(f"{name}-").removesuffix(".dist-info")
    return Program((str(program),), version, found[0].parent)


def no_program(name: str) -> PlatformError:
    """Return the error for a program that no buildpack has provided."""
    return PlatformError(
        f"No {name} is on PATH",
        advice=f"Put a buildpack that provides '{name}', such as strata/{name}-tool, before this one.",
    )


def refuse_older(program: Program, oldest: tuple[int, int], *, title: str, name: str) -> None:
    """Raise PlatformError for a ``program``, called ``title``, of a release before ``oldest``."""
    if program.release < oldest:
        raise PlatformError(
            f"{title} {program.version} is too old",
            detail=f"It is {program.command[0]}. This buildpack needs {'.'.join(map(str, oldest))} or newer.",
            advice=f"Ask strata/{name}-tool for a newer one, or put it, or another provider of {name}, "
            "before this buildpack.",
        )


def program_environment(
    context: BuildContext, variables: Mapping[str, str], *, without: tuple[str, ...]
) -> dict[str, str]:
    """Return the environment to run a program in: with the user's proxies, certificates and ``variables``.

    Without variables of Python and pip, which are for the app or for another tool, and without those that
    begin with one of ``without``.
    """
    environment = {
        name: value
        for name, value in isolated_environment(context.environment).items()
        if not name.startswith(without)
    }
    kept = {name: context.environment[name] for name in _KEPT if name in context.environment}
    return {**environment, **variables, **kept}


def refuse(found: Mapping[str, str]) -> None:
    """Raise ConfigurationError that lists the variables found, by name, with the reasons; if there are any.

    Values are not shown.
    """
    if found:
        names = sorted(found)
        raise ConfigurationError(
            "These variables would spoil the build: " + ", ".join(names),
            detail="\n".join(f"{name}: {found[name]}." for name in names),
            advice="Remove them from the build's environment (pack build --env, project.toml, the platform).",
        )
