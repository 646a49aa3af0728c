"""The machine and the programs that figures come from."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_testing.cnb import tools

if TYPE_CHECKING:
    from collections.abc import Sequence

_VERSIONS: dict[str, Sequence[str]] = {
    "skopeo": ("skopeo", "--version"),
    "podman": ("podman", "--version"),
    "docker-registry": ("docker-registry", "--version"),
    "tar": ("tar", "--version"),
    "gzip": ("gzip", "--version"),
    "git": ("git", "--version"),
}


def describe(root: Path) -> dict[str, str]:
    """Give processor, cores, memory, load, kernel, versions of the programs used, and the commit."""
    found = {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 1e9:.1f} GB",
        "load": " ".join(f"{one:.2f}" for one in os.getloadavg()),
        "kernel": f"{platform.system()} {platform.release()} {platform.machine()}",
        "Python": platform.python_version(),
        "commit": commit(root),
    }
    pack = tools.find_pack()
    if pack:
        found["pack"] = pack.version
    for name, command in _VERSIONS.items():
        if shutil.which(command[0]):
            found[name] = _first_line(command)
    return found


def commit(root: Path) -> str:
    """Return the commit of the checkout, with a + if files differ from it; "unknown" outside of git."""
    if not shutil.which("git"):
        return "unknown"
    found = _output(["git", "-C", str(root), "rev-parse", "--short=12", "HEAD"]).strip()
    changed = _output(["git", "-C", str(root), "status", "--porcelain", "--untracked-files=no"])
    return f"{found}{'+' if changed else ''}" if found else "unknown"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


def _first_line(command: Sequence[str]) -> str:
    return (_output(command).splitlines() or [""])[0].strip()


def _output(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else ""
