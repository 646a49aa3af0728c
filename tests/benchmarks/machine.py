"""The machine and the programs that figures come from."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import tempfile
import time
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
    """Return processor, cores, memory, load, kernel, versions of the programs used, and the commit.

    Also how long it takes to write a small file where everything is measured: some file systems take ten
    times as long as others, and then there is little else that the figures show.
    """
    found = {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 1e9:.1f} GB",
        "new file": f"{_new_file() * 1e6:.0f} us",
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


def _new_file(count: int = 2000) -> float:
    """Return how many seconds it takes to make a file of 16 KiB in the temporary directory."""
    content = bytes(16 * 1024)
    with tempfile.TemporaryDirectory(prefix="strata-bench-") as scratch:
        started = time.perf_counter()
        for number in range(count):
            Path(scratch, str(number)).write_bytes(content)
        return (time.perf_counter() - started) / count


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
