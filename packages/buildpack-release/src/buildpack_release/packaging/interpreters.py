"""The CPython interpreters of this machine, one for each minor version that buildpack code supports.

They compile the bytecode that is packaged (`bytecode`), and serve as raw material for test runtimes.
"""

from __future__ import annotations

import functools
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_release.model.pythons import MINORS

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


@dataclass(frozen=True)
class Interpreter:
    """A CPython that was started and answered."""

    executable: Path
    minor: str
    patch: int

    @property
    def version(self) -> str:
        """The full version, as in `3.12.1`."""
        return f"{self.minor}.{self.patch}"


@functools.cache
def installed_interpreters() -> Mapping[str, Interpreter]:
    """Return the interpreters by minor version, in ascending order of the minors.

    Searched are PATH, the versions of pyenv, the places of CI services' images, /usr/local/bin, /usr/bin and
    the Pythons managed by uv. Each is started once per process, because a file called python3.12 may be a
    wrapper that cannot run.
    """
    return probe(candidates(os.environ))


def probe(executables: Iterable[Path]) -> dict[str, Interpreter]:
    """Start all executables at the same time and keep the newest that answers for each minor.

    Of two equal versions the one listed first is kept. Pre-releases, free-threaded and debug builds are
    passed over: their bytecode is not what an ordinary Python of that minor writes.
    """
    started = [(executable, _start(executable)) for executable in executables]
    found: dict[str, Interpreter] = {}
    for executable, process in started:
        version = _answer(process) if process else None
        if version and version[0] in MINORS:
            minor, patch = version
            if minor not in found or found[minor].patch < patch:
                found[minor] = Interpreter(executable, minor, patch)
    return {minor: found[minor] for minor in MINORS if minor in found}


def _start(executable: Path) -> subprocess.Popen[str] | None:
    try:
        return subprocess.Popen(
            [executable, "-I", "-S", "-c", _PROBE],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
    except OSError:
        return None


def _answer(process: subprocess.Popen[str]) -> tuple[str, int] | None:
    try:
        output, _ = process.communicate(timeout=_PROBE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return None
    answer = _VERSION.fullmatch(output) if process.returncode == 0 else None
    return (answer[1], int(answer[2])) if answer else None


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
