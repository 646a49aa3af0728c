"""What this buildpack can build for, and whether this machine can run what it builds."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_api.errors import PlatformError

if TYPE_CHECKING:
    from buildpack_api.target import Target

_MUSL_DISTRIBUTIONS = frozenset({"alpine", "chimera", "postmarketos"})
_LOADERS = ("lib64/ld-linux-x86-64.so.2", "lib/ld-linux-x86-64.so.2", "lib/ld-linux-aarch64.so.1")
_MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


def refuse_musl(target: Target, root: Path = Path("/")) -> None:
    """Raise PlatformError on a distribution with musl instead of glibc: wheels and our archives need glibc.

    Told by the distribution's name, or by the loaders below ``root``; an unknown name is fine.
    """
    musl_only = any(root.glob("lib/ld-musl-*")) and not any((root / loader).exists() for loader in _LOADERS)
    if target.distro_name.lower() in _MUSL_DISTRIBUTIONS or musl_only:
        image = target.distro_name or "this build image"
        raise PlatformError(
            f"Python cannot be installed on {image}: it has musl, not glibc",
            detail=f"Target: {target}",
            advice="Use a builder that is based on Debian, Ubuntu, RHEL or another distribution with glibc.",
        )


def runs_here(target: Target, machine: str = "") -> bool:
    """Whether this machine runs programs for the target. With emulation ``machine`` is the emulated one."""
    return _MACHINES.get((machine or platform.machine()).lower()) == target.arch
