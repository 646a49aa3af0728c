"""What this buildpack can build for, and whether this machine can run what it builds."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_api.errors import PlatformError

if TYPE_CHECKING:
    from buildpack_api.target import Target

_MUSL_DISTRIBUTIONS = frozenset({"alpine", "chimera", "postmarketos"})
# The program interpreter that the archives' programs name (System V ABI); its place is fixed.
_LOADERS = {"amd64": "lib64/ld-linux-x86-64.so.2", "arm64": "lib/ld-linux-aarch64.so.1"}
MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
"""The kernel's and the archives' names of the architectures that there are archives for."""
_ARCHES = {**{machine: arch for arch, machine in MACHINES.items()}, **{arch: arch for arch in MACHINES}}


def refuse_unsupported(target: Target, root: Path = Path("/"), machine: str = "") -> None:
    """Raise PlatformError on a build image without glibc: wheels and our archives need it, and nothing else.

    Told by the distribution's name if it is known for musl, else by the loaders below ``root``. An unknown
    name is fine where glibc is. What a foreign architecture has cannot be seen here.
    """
    has_musl = any(root.glob("lib/ld-musl-*"))
    loader = _LOADERS.get(target.arch, "") if runs_here(target, machine) else ""
    if target.distro_name.lower() in _MUSL_DISTRIBUTIONS:
        raise _refusal(target, "it has musl, not glibc")
    if loader and not (root / loader).exists():
        reason = "it has musl, not glibc" if has_musl else "it has no glibc"
        raise _refusal(target, reason, f"\nMissing: /{loader}")


def _refusal(target: Target, reason: str, detail: str = "") -> PlatformError:
    return PlatformError(
        f"Python cannot be installed on {target.distro_name or 'this build image'}: {reason}",
        detail=f"Target: {target}{detail}",
        advice="Use a builder that is based on Debian, Ubuntu, RHEL or another distribution with glibc.",
    )


def runs_here(target: Target, machine: str = "") -> bool:
    """Whether this machine runs programs for the target. With emulation ``machine`` is the emulated one."""
    return host_arch(machine) == target.arch


def host_arch(machine: str = "") -> str:
    """Return the architecture of this machine in the specification's words, '' if it is none of ours."""
    return _ARCHES.get((machine or os.uname().machine).lower(), "")


def running_python(version: str) -> Path | None:
    """Return the interpreter of this process if it is an ordinary CPython of exactly this version."""
    running = ".".join(map(str, sys.version_info[:3]))
    is_ordinary = sys.implementation.name == "cpython" and not getattr(sys, "abiflags", "")
    is_release = sys.version_info.releaselevel == "final"
    is_it = running == version and is_ordinary and is_release and bool(sys.executable)
    return Path(sys.executable) if is_it else None
