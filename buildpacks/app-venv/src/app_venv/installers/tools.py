"""What installs, whichever tool it is: Python, the program, its environment, and what may not be set."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from app_venv.program import Program
from buildpack_api import commands
from buildpack_api.errors import CommandFailed, ConfigurationError, PlatformError
from buildpack_api.index_bindings import read_index_access
from buildpack_api.interpreter import isolated_environment

if TYPE_CHECKING:
    from collections.abc import Mapping

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


@dataclass(frozen=True)
class KnownProgram:
    """How a program is recognised: it is called ``name``, and ``title`` for people.

    ``sites`` are patterns of directories, beside that of the program, in which its metadata may be. Without
    them it is asked with ``options``, and ``answer`` finds the version in what it says. ``oldest`` is the
    first release that will do.
    """

    name: str
    title: str
    sites: tuple[str, ...]
    options: tuple[str, ...]
    answer: str
    oldest: tuple[int, int]

    def find(self, path: str, environment: Mapping[str, str]) -> Program:
        """Return the first one on a PATH, such as `provided_path`.

        Raises PlatformError if there is none or if it is too old.
        """
        for entry in path.split(":"):
            program = Path(entry, self.name)
            if not (entry.startswith("/") and program.is_file() and os.access(program, os.X_OK)):
                continue
            found = self.recognised(program) or self._asked(program, environment)
            if found is not None:
                return self._new_enough(found)
        raise PlatformError(
            f"No {self.name} is on PATH",
            advice=f"Put a buildpack that provides '{self.name}', such as strata/{self.name}-tool, before "
            "this one.",
        )

    def recognised(self, program: Path) -> Program | None:
        """Return what its metadata tell, without starting it; None if there are none, or of several."""
        tree = program.resolve().parent.parent
        found = [path for site in self.sites for path in tree.glob(f"{site}/{self.name}-[0-9]*.dist-info")]
        if len(found) != 1:
            return None
        version = found[0].name.removeprefix(f"{self.name}-").removesuffix(".dist-info")
        return Program((str(program),), version, found[0].parent)

    def _asked(self, program: Path, environment: Mapping[str, str]) -> Program | None:
        try:
            answer = commands.capture([program, *self.options], env=environment, cwd=Path("/"))
        except CommandFailed:
            return None
        found = re.search(self.answer, answer)
        return Program((str(program),), found[1], program.parent) if found else None

    def _new_enough(self, program: Program) -> Program:
        if program.release < self.oldest:
            raise PlatformError(
                f"{self.title} {program.version} is too old",
                detail=f"It is {program.command[0]}. This buildpack needs {'.'.join(map(str, self.oldest))} "
                "or newer.",
                advice=f"Ask strata/{self.name}-tool for a newer one, or put it, or another provider of "
                f"{self.name}, before this buildpack.",
            )
        return program


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
