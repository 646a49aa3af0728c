"""The Python that earlier buildpacks put on PATH, and an environment in which it is itself."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_api.errors import PlatformError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from buildpack_api.context import BuildContext

_QUESTION = """
import sys
from importlib.machinery import EXTENSION_SUFFIXES
print("%d.%d.%d" % sys.version_info[:3], " ".join(sys.version.split()), EXTENSION_SUFFIXES[0], sep="\\n")
print(sys.implementation.name == "cpython" and sys.version_info.releaselevel == "final")
"""
_TIMEOUT = 60.0  # seconds; an interpreter answers in a fraction of one


@dataclass(frozen=True)
class Interpreter:
    """A Python 3. ``version`` is X.Y.Z, ``minor`` X.Y, ``build`` its ``sys.version`` in one line.

    ``abi``: what it loads of extension modules and byte code, another with the same minor and ``abi`` loads
    as well. That is what extension modules are called (``.cpython-313-x86_64-linux-gnu.so``); of anything but
    a final release of CPython, whose patches promise it, it is ``build``.
    """

    executable: Path
    version: str
    minor: str
    build: str
    abi: str = ""


def find_interpreter(context: BuildContext) -> Interpreter:
    """Return the first ``python3``, else ``python``, on PATH that answers as a Python 3.

    The user's own prefix of PATH (``<platform>/env/PATH``) is not searched, nor are relative entries: what
    the app runs with must come from a buildpack or the build image. Raises PlatformError if there is none.
    """
    path = provided_path(context)
    env = isolated_environment(context.environment)
    tried = []
    for candidate in _candidates(path):
        answer = _ask(candidate, env)
        if answer is not None:
            return answer
        tried.append(str(candidate))
    raise PlatformError(
        "No Python 3 is on PATH",
        detail=f"Tried: {', '.join(tried)}" if tried else f"PATH: {path or '(empty)'}",
        advice="Put a buildpack that provides 'python', such as strata/python-runtime, before this one.",
    )


def provided_path(context: BuildContext) -> str:
    """Return PATH as the build image and earlier buildpacks made it, without the user's own prefix.

    Undoes what the lifecycle does with ``<platform>/env/PATH``: value and colon go before the rest.
    """
    path, prefix = context.environment.get("PATH", ""), context.platform_env.get("PATH", "")
    if not prefix:
        return path
    return "" if path == prefix else path.removeprefix(f"{prefix}:")


def isolated_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without what changes how Python or pip behave (PYTHON*, PIP_*, VIRTUAL_ENV...).

    For commands of our own. PATH, HOME, proxies, certificates and all the rest stay. Importing writes no byte
    code: the Python may lie in another buildpack's layer, which using it must not change.
    """
    kept = {
        name: value
        for name, value in environment.items()
        if not name.startswith(("PYTHON", "PIP_", "VIRTUAL_ENV", "__PYVENV"))
    }
    return {**kept, "PYTHONDONTWRITEBYTECODE": "1"}


def _candidates(path: str) -> Iterator[Path]:
    for name in ("python3", "python"):
        for entry in path.split(":"):
            candidate = Path(entry, name)
            if entry.startswith("/") and candidate.is_file() and os.access(candidate, os.X_OK):
                yield candidate


def _ask(executable: Path, env: Mapping[str, str]) -> Interpreter | None:
    if sys.executable and executable.resolve() == Path(sys.executable).resolve():
        from importlib.machinery import EXTENSION_SUFFIXES

        version = ".".join(map(str, sys.version_info[:3]))
        build = " ".join(sys.version.split())
        is_stable = sys.implementation.name == "cpython" and sys.version_info.releaselevel == "final"
        return _interpreter(executable, version, build, EXTENSION_SUFFIXES[0] if is_stable else build)
    import subprocess  # not for the one that runs this

    try:
        done = subprocess.run(
            [executable, "-I", "-S", "-B", "-c", _QUESTION],
            env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
            check=True, timeout=_TIMEOUT,
        )  # fmt: skip
        version, build, suffix, stable = done.stdout.splitlines()
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return _interpreter(executable, version, build, suffix if stable == str(True) else build)


def _interpreter(executable: Path, version: str, build: str, abi: str) -> Interpreter:
    return Interpreter(executable, version, version.rpartition(".")[0], build, abi)
