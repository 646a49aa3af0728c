"""The CPython interpreters of this machine, one for each minor version that buildpack code supports.

They compile the bytecode that is packaged (`bytecode`), and serve as raw material for test runtimes.
"""

from __future__ import annotations

import functools
import os
import re
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from buildpack_release.model.settings import MINORS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

# Below the root: hosted runners of CI services, images with many Pythons.
_PLACES = ("opt/hostedtoolcache/Python/3.*/*/bin", "opt/python/cp3*/bin")
_PROBE = """
import sys
v = sys.version_info
if sys.implementation.name == "cpython" and v.releaselevel == "final" and not sys.abiflags:
    print("%d.%d.%d" % v[:3])
"""
_PROBE_SECONDS = 20.0
_VERSION = re.compile(r"(3\.\d+)\.(\d+)\n")
_LINES_SHOWN = 4


class Compiler(Protocol):
    """A CPython that can compile."""

    @property
    def minor(self) -> str:
        """The minor version, as in `3.12`."""

    @property
    def patch(self) -> int:
        """The patch release."""

    @property
    def version(self) -> str:
        """The full version, as in `3.12.1`."""

    @property
    def executable(self) -> Path:
        """The program. Raises MissingToolError if it has to be unpacked for that, and does not run here."""


_Compiler = TypeVar("_Compiler", bound=Compiler)


@dataclass(frozen=True)
class HostInterpreter:
    """A CPython that was started and answered."""

    executable: Path
    minor: str
    patch: int

    @property
    def version(self) -> str:
        """The full version, as in `3.12.1`."""
        return f"{self.minor}.{self.patch}"


def installed_interpreters() -> Mapping[str, HostInterpreter]:
    """Return the newest interpreter of each minor version on this machine, in ascending order."""
    return newest(installed())


@functools.cache
def installed() -> tuple[HostInterpreter, ...]:
    """Return all interpreters of this machine.

    Searched are PATH, the versions of pyenv, the places of CI services' images, /usr/local/bin, /usr/bin and
    the Pythons managed by uv. Each is started once per process, because a file called python3.12 may be a
    wrapper that cannot run.
    """
    return probe(candidates(os.environ))


def newest(interpreters: Iterable[_Compiler]) -> dict[str, _Compiler]:
    """Keep the newest patch release of each minor; of two equal versions the one listed first."""
    found: dict[str, _Compiler] = {}
    for one in interpreters:
        if one.minor not in found or found[one.minor].patch < one.patch:
            found[one.minor] = one
    return {minor: found[minor] for minor in MINORS if minor in found}


def probe(executables: Iterable[Path]) -> tuple[HostInterpreter, ...]:
    """Start all executables at the same time, and return those that answer.

    Pre-releases, free-threaded and debug builds are passed over: their bytecode is not what an ordinary
    Python of that minor writes.
    """
    started = [(executable, _start(executable)) for executable in executables]
    answers = [_answer(executable, process) for executable, process in started]
    return tuple(one for one in answers if isinstance(one, HostInterpreter))


def ask(executable: Path) -> HostInterpreter | str:
    """Start one executable, and return it, or else what it says, or the system about it."""
    return _answer(executable, _start(executable))


def _start(executable: Path) -> subprocess.Popen[str] | OSError:
    try:
        return subprocess.Popen(
            [executable, "-I", "-S", "-c", _PROBE],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
    except OSError as error:
        return error


def _answer(executable: Path, process: subprocess.Popen[str] | OSError) -> HostInterpreter | str:
    if isinstance(process, OSError):
        return f"{executable.name}: {process.strerror}"
    try:
        output, errors = process.communicate(timeout=_PROBE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return f"{executable.name} does not answer within {_PROBE_SECONDS:.0f} seconds."
    if process.returncode:
        said = "\n".join([line for line in errors.splitlines() if line.strip()][:_LINES_SHOWN])
        return said or f"{executable.name} {_ending(process.returncode)}."
    answer = _VERSION.fullmatch(output)
    if answer is None or answer[1] not in MINORS:
        return f"{executable.name} is no final release of CPython of a supported minor ({', '.join(MINORS)})."
    return HostInterpreter(executable, answer[1], int(answer[2]))


def _ending(code: int) -> str:
    return f"was ended by the signal {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"


def candidates(environ: Mapping[str, str]) -> list[Path]:
    """Return the files called python3.X to try, without duplicates: links to one interpreter count once."""
    shims = _pyenv_root(environ) / "shims"
    files = (
        directory / f"python{minor}"
        for directory in _directories(environ)
        if directory != shims  # shell wrappers around the versions that are searched anyway
        for minor in MINORS
    )
    return list(
        dict.fromkeys(file.resolve() for file in files if os.access(file, os.X_OK) and file.is_file())
    )


def _directories(environ: Mapping[str, str]) -> Iterator[Path]:
    yield from (
        Path(entry) for entry in environ.get("PATH", "").split(os.pathsep) if Path(entry).is_absolute()
    )
    yield from _bin_directories(_pyenv_root(environ) / "versions")
    for place in _PLACES:
        yield from sorted(Path("/").glob(place))
    yield Path("/usr/local/bin")
    yield Path("/usr/bin")
    yield from _bin_directories(_uv_directory(environ))


def _bin_directories(parent: Path) -> list[Path]:
    try:
        return sorted(parent.glob("*/bin"))
    except OSError:
        return []  # another user's, or no place at all


def _pyenv_root(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("PYENV_ROOT") or _home(environ) / ".pyenv")


def _uv_directory(environ: Mapping[str, str]) -> Path:
    if directory := environ.get("UV_PYTHON_INSTALL_DIR"):
        return Path(directory)
    return Path(environ.get("XDG_DATA_HOME") or _home(environ) / ".local/share") / "uv/python"


def _home(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("HOME") or "/nonexistent")
