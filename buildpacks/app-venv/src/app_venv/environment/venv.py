"""The virtual environment itself: made without pip, and checked before it is used."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from buildpack_api import commands
from buildpack_api.errors import BuildpackError, CommandFailed
from buildpack_api.interpreter import isolated_environment
from buildpack_common.files import write_atomically

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from buildpack_api.interpreter import Interpreter

BUILD_PIP = "strata-build-pip.pth"
"""The file in the directory of packages that lets Python import the pip of the build."""


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
    _leave_out_the_patch(interpreter, venv)
    if not _is_seen_to_work(venv, interpreter.executable):
        check_venv(venv, environment=environment)


def _leave_out_the_patch(interpreter: Interpreter, venv: Path) -> None:
    """Let pyvenv.cfg name no patch of Python: any patch of the minor at this place runs the environment.

    uv, in a later buildpack or a container, takes an environment of another version than that for broken and
    deletes it; it accepts the minor. ``executable`` is where the interpreter's links lead, which may have a
    patch in it, and is read by nobody.
    """
    path = venv / "pyvenv.cfg"
    values = {"version": interpreter.minor, "executable": str(interpreter.executable)}
    lines = [line.partition(" = ") for line in path.read_text("utf-8").splitlines()]
    text = "".join(f"{name} = {values.get(name, value)}\n" for name, _, value in lines)
    mode = path.stat().st_mode
    write_atomically(path, text.encode("utf-8"))
    path.chmod(mode)


def check_venv(venv: Path, *, environment: Mapping[str, str]) -> None:
    """Raise BuildpackError unless the environment's Python starts and takes ``venv`` for its own."""
    python = venv / "bin" / "python"
    # Packages may have their say when Python starts, and print something (sitecustomize, .pth).
    command = (str(python), "-I", "-B", "-c", r"import sys; print('\0', sys.prefix, '\0', sep='')")
    try:
        answer = commands.capture(command, env=isolated_environment(environment), cwd=venv)
    except CommandFailed as error:
        raise BuildpackError(f"{python} does not start", detail=error.title) from error
    prefix = answer.partition("\0")[2].partition("\0")[0]
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
