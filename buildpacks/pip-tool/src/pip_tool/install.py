"""Installing pip with itself: it is run, and installs what is in its wheel into a user base of its own."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from buildpack_api import bytecode, commands
from buildpack_api.errors import BuildpackError, CommandFailed, PlatformError
from buildpack_api.interpreter import isolated_environment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from buildpack_api.interpreter import Interpreter
    from buildpack_api.tools.wheel import ToolWheel

_OPTIONS = (
    "--user",
    "--isolated",
    "--no-index",
    "--no-deps",
    "--no-cache-dir",
    "--no-compile",
    "--no-input",
    # Without it an interpreter that has this very pip would make the installation a no-op that succeeds.
    "--ignore-installed",
    # A Python of a Linux distribution refuses even a user install into a directory of ours (PEP 668).
    "--break-system-packages",
    "--disable-pip-version-check",
    "--no-warn-script-location",
    "--root-user-action=ignore",
    "--quiet",
)


def install_pip(
    wheel: ToolWheel,
    installer: ToolWheel,
    interpreter: Interpreter,
    user_base: Path,
    *,
    environment: Mapping[str, str],
) -> None:
    """Install ``wheel`` below ``user_base``, which must not exist, with byte code; ``installer`` does it.

    The same wheels, Python minor and places give the same bits. Raises CommandFailed, or BuildpackError if
    pip claims success and is not there, PlatformError if it does not run with this Python.
    """
    user_base.mkdir()
    env = installer_environment(environment, user_base)
    program = installer.path / "pip"
    if installer == wheel:
        # From a wheel Python would compile all that it runs, and then forget it: a second. So what is to be
        # installed is put in place and compiled first; pip, run from there, installs the same files again.
        program = _unpack(wheel, user_base / f"lib/python{interpreter.minor}/site-packages")
        _compile(interpreter, user_base, environment)
    # Named by version, not by file: else pip records the wheel's place on disk in direct_url.json.
    requirement = f"pip=={wheel.version}"
    arguments = ("install", *_OPTIONS, "--find-links", str(wheel.path.parent), requirement)
    commands.run((interpreter.executable, program, *arguments), env=env, cwd=user_base)
    if installer != wheel:
        _compile(interpreter, user_base, environment)
    _check(wheel, interpreter, user_base, env)


def _unpack(wheel: ToolWheel, libraries: Path) -> Path:
    """Unpack the package in a wheel of pip, and return what can be run there. Raises BuildpackError."""
    import zipfile  # not for a reused layer

    try:
        with zipfile.ZipFile(wheel.path) as archive:
            archive.extractall(libraries, [name for name in archive.namelist() if name.startswith("pip/")])
    except zipfile.BadZipFile as error:
        raise BuildpackError(
            f"{wheel.path} cannot be unpacked: {error}",
            advice="The buildpack is damaged: package it again, or use a published one.",
        ) from error
    return libraries / "pip"


def _compile(interpreter: Interpreter, user_base: Path, environment: Mapping[str, str]) -> None:
    bytecode.compile_tree(interpreter.executable, user_base / "lib", env=isolated_environment(environment))


def installer_environment(environment: Mapping[str, str], user_base: Path) -> dict[str, str]:
    """Return an environment in which pip reads no configuration: ``--isolated`` alone still reads files."""
    return {
        **isolated_environment(environment),
        "PYTHONUSERBASE": str(user_base),
        "PIP_CONFIG_FILE": os.devnull,
    }


def _check(wheel: ToolWheel, interpreter: Interpreter, user_base: Path, env: Mapping[str, str]) -> None:
    program = user_base / "bin" / "pip"
    answer = ""
    if program.is_file():
        try:
            answer = commands.capture([program, "--version"], env=env, cwd=user_base)
        except CommandFailed as error:
            raise PlatformError(
                f"pip {wheel.version} does not run with Python {interpreter.version}",
                detail="It says that it does, but fails with the message above.",
                advice="Ask for a newer pip or an older Python.",
            ) from error
    if not answer.startswith(f"pip {wheel.version} from {user_base}{os.sep}"):
        raise BuildpackError(
            f"pip {wheel.version} was installed, but {program} does not work",
            detail=f"It answers: {answer.strip()}" if answer else "The file does not exist.",
            advice="Does the Python on PATH come from a buildpack that changes where user packages go?",
        )
