"""The CPythons installed on this machine that a relocatable archive can be made from."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_release.bytecode.interpreters import candidates

if TYPE_CHECKING:
    from collections.abc import Mapping

_PROBE = """
import json, os, sys, sysconfig
stdlib = sysconfig.get_path("stdlib")
print(json.dumps({
    "version": list(sys.version_info[:3]),
    "usable": sys.implementation.name == "cpython"
        and sys.version_info.releaselevel == "final"
        and not sysconfig.get_config_var("Py_GIL_DISABLED")
        and stdlib == os.path.join(sys.base_prefix, sys.platlibdir, "python%d.%d" % sys.version_info[:2])
        and not os.path.exists(os.path.join(stdlib, "EXTERNALLY-MANAGED"))
        and os.path.isdir(os.path.join(stdlib, "lib-dynload"))
        and os.path.isdir(os.path.join(stdlib, "ensurepip", "_bundled")),
    "prefix": sys.base_prefix,
    "platlibdir": sys.platlibdir,
}))
"""


@dataclass(frozen=True)
class InstalledPython:
    """A complete CPython in a prefix of its own (not a distribution's split package)."""

    version: str
    prefix: Path

    @property
    def minor(self) -> str:
        """The line it belongs to, such as "3.13"."""
        return ".".join(self.version.split(".")[:2])

    @property
    def executable(self) -> Path:
        """The real program."""
        return self.prefix / "bin" / f"python{self.minor}"

    @property
    def stdlib(self) -> Path:
        """The directory of the standard library."""
        return self.prefix / "lib" / f"python{self.minor}"


def find_installed(environ: Mapping[str, str] | None = None) -> dict[str, InstalledPython]:
    """Return the newest suitable CPython of each minor from 3.10 on, oldest minor first.

    A distribution's own Python is not suitable: it is split over packages and changes its install paths.
    """
    found: dict[str, InstalledPython] = {}
    for program in candidates(os.environ if environ is None else environ):
        # Shims are scripts that stand for whatever is active, not interpreters.
        python = _probe(program) if _is_elf(program) else None
        known = found.get(python.minor) if python else None
        if python and (known is None or _sort_key(python) > _sort_key(known)):
            found[python.minor] = python
    return {python.minor: python for python in sorted(found.values(), key=_sort_key)}


def _sort_key(python: InstalledPython) -> tuple[int, ...]:
    return tuple(int(part) for part in python.version.split("."))


def _is_elf(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(4) == b"\x7fELF"
    except OSError:
        return False


@cache
def _probe(program: Path) -> InstalledPython | None:
    try:
        # -E -s, not -I: 3.3 and older know no -I, and anything may lie in these places.
        output = subprocess.run(
            [program, "-E", "-s", "-c", _PROBE], capture_output=True, text=True, timeout=60, check=True
        ).stdout
        facts = json.loads(output)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    if not facts["usable"] or facts["platlibdir"] != "lib" or facts["version"] < [3, 10]:
        return None
    return InstalledPython(".".join(map(str, facts["version"])), Path(facts["prefix"]))
