"""The pip that is there, and the environment in which it runs."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from app_venv.installers.pip.config import refuse_dangerous_settings, refuse_malformed_addresses
from app_venv.installers.pip.options import without_dangerous
from app_venv.installers.tools import Tools, read_access, tell_access
from app_venv.program import Program
from buildpack_api import commands
from buildpack_api.errors import CommandFailed, PlatformError
from buildpack_api.interpreter import find_interpreter, provided_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from buildpack_api.context import BuildContext
    from buildpack_api.interpreter import Interpreter

_OLDEST = (23, 0)  # --report and PIP_PYTHON in the form used here
_ANSWER = r"pip (?P<version>\S+) from (?P<package>.+) \(python [^)]*\)"
# What pip itself needs, or what decides about the bits of packages that it builds. All the others, such as
# PYTHONWARNINGS or PYTHONOPTIMIZE, are the app's business.
_KEPT = ("PYTHONUSERBASE", "PYTHONUNBUFFERED", "PYTHONUTF8", "PYTHONIOENCODING", "PYTHONHASHSEED")


def find_tools(context: BuildContext) -> Tools:
    """Find Python and pip. Raises PlatformError if one is missing or too old.

    Raises ConfigurationError for bindings of package indexes that cannot be used, and
    for what would spoil the build in pip's configuration files.
    """
    access = read_access(context)
    variables = {**without_dangerous(context.environment), **access.variables}
    refuse_dangerous_settings(variables)
    refuse_malformed_addresses(variables)
    tell_access(access, context)
    interpreter = find_interpreter(context)
    return Tools(interpreter, find_pip(context, interpreter), pip_environment(context), access)


def find_pip(context: BuildContext, interpreter: Interpreter) -> Program:
    """Return the first ``pip`` on PATH, else the one that the interpreter imports.

    As with the interpreter, the user's own prefix of PATH is not searched. Raises PlatformError if there is
    none or if it is too old.
    """
    environment = pip_environment(context)
    for script in _scripts(provided_path(context)):
        pip = _beside(script, interpreter) or _ask((str(script),), environment)
        if pip is not None:
            return _checked(pip)
    pip = _ask((str(interpreter.executable), "-I", "-B", "-m", "pip"), environment)
    if pip is None:
        raise PlatformError(
            "No pip is on PATH",
            detail=f"And {interpreter.executable} has none of its own.",
            advice="Put a buildpack that provides 'pip', such as strata/pip-tool, before this one.",
        )
    return _checked(pip)


def pip_environment(context: BuildContext) -> dict[str, str]:
    """Return the environment to run pip in: with the user's indexes, proxies and certificates.

    Without the user's PYTHONPATH, which is for the app. One that a buildpack has set stays, since some keep
    their pip there.
    """
    environment = {
        name: value
        for name, value in without_dangerous(context.environment).items()
        if not name.startswith("PYTHON")
    }
    kept = _KEPT if "PYTHONPATH" in context.platform_env else (*_KEPT, "PYTHONPATH")
    environment |= {name: context.environment[name] for name in kept if name in context.environment}
    environment["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    # Some distributions say user = true in /etc/pip.conf.
    environment["PIP_USER"] = "0"
    # The Python may be another buildpack's, without byte code: using it must not change that layer.
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    return environment


def _scripts(path: str) -> Iterator[Path]:
    for entry in path.split(":"):
        script = Path(entry, "pip")
        if entry.startswith("/") and script.is_file() and os.access(script, os.X_OK):
            yield script


def _beside(script: Path, interpreter: Interpreter) -> Program | None:
    """Recognise the usual layout without starting a program, which takes a quarter of a second."""
    site_packages = script.parent.parent / "lib" / f"python{interpreter.minor}" / "site-packages"
    if not (site_packages / "pip" / "__main__.py").is_file():
        return None
    names = os.listdir(site_packages)  # noqa: PTH208  (names)
    found = [name for name in names if name.startswith("pip-") and name.endswith(".dist-info")]
    if len(found) != 1:
        return None
    version = found[0].removeprefix("pip-").removesuffix(".dist-info")
    return Program((str(script),), version, site_packages)


def _ask(command: tuple[str, ...], environment: Mapping[str, str]) -> Program | None:
    try:
        answer = commands.capture([*command, "--version"], env=environment, cwd=Path("/"))
    except CommandFailed:
        return None
    found = re.match(_ANSWER, answer)
    return Program(command, found["version"], Path(found["package"]).parent) if found else None


def _checked(pip: Program) -> Program:
    if pip.release < _OLDEST:
        raise PlatformError(
            f"pip {pip.version} is too old",
            detail=f"It is {pip.command[0]}. Installing into another environment needs 23.0 or newer.",
            advice="Put strata/pip-tool, or another provider of a newer 'pip', before this buildpack.",
        )
    return pip
