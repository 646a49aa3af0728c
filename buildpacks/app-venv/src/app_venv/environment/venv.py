"""The virtual environment itself: made without pip, and checked before it is used."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from buildpack_api import commands
from buildpack_api.errors import BuildpackError, CommandFailed
from buildpack_api.interpreter import isolated_environment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from buildpack_api.interpreter import Interpreter


def create_venv(interpreter: Interpreter, venv: Path, *, environment: Mapping[str, str]) -> None:
    """Make an empty environment at ``venv``. Raises BuildpackError.

    ``-I`` keeps the app directory off the module path: a ``logging.py`` in it must not be imported here.
    """
    command = (str(interpreter.executable), "-I", "-B", "-m", "venv", "--without-pip", str(venv))
    try:
        commands.run(command, env=isolated_environment(environment), cwd=venv.parent)
    except CommandFailed as error:
        raise BuildpackError(
            f"Python {interpreter.version} cannot make a virtual environment",
            detail=f"{error.title}. {error.detail}",
            advice=f"Has {interpreter.executable} the module venv? Linux distributions package it apart.",
        ) from error
    check_venv(venv, environment=environment)


def check_venv(venv: Path, *, environment: Mapping[str, str]) -> None:
    """Raise BuildpackError unless the environment's Python starts and takes ``venv`` for its own."""
    python = venv / "bin" / "python"
    command = (str(python), "-I", "-B", "-c", "import sys; print(sys.prefix)")
    try:
        prefix = commands.capture(command, env=isolated_environment(environment), cwd=venv).rstrip("\n")
    except CommandFailed as error:
        raise BuildpackError(f"{python} does not start", detail=error.title) from error
    if prefix != str(venv):
        raise BuildpackError(f"{python} belongs to {prefix}, not to {venv}")


def venv_works(venv: Path, interpreter: Interpreter, *, environment: Mapping[str, str]) -> bool:
    """Whether `check_venv` finds no fault.

    It need not be tried if it can be seen: the very program that has just answered as the interpreter, in a
    directory that pyvenv.cfg makes an environment of it.
    """
    if _is_seen_to_work(venv, interpreter.executable):
        return True
    try:
        check_venv(venv, environment=environment)
    except BuildpackError:
        return False
    return True


def _is_seen_to_work(venv: Path, executable: Path) -> bool:
    try:
        text = (venv / "pyvenv.cfg").read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return False
    settings = dict(line.partition(" = ")[::2] for line in text.splitlines())
    python = os.path.realpath(venv / "bin" / "python")
    return settings.get("home") == str(executable.parent) and python == os.path.realpath(executable)


def site_packages(venv: Path, minor: str) -> Path:
    """Return where packages are installed."""
    return venv / "lib" / f"python{minor}" / "site-packages"


def has_distribution(site_packages: Path, name: str) -> bool:
    """Whether a distribution is installed, told by names alone: nothing is read."""
    with suppress(OSError), os.scandir(site_packages) as entries:
        return any(
            entry.name.lower().startswith(f"{name}-") and entry.name.endswith((".dist-info", ".egg-info"))
            for entry in entries
        )
    return False
