"""Packaging in processes of their own, as a maintainer's machine or another one would do it."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parents[2]
INV = [sys.executable, "-m", "invoke"]


def environment(**changes: str) -> dict[str, str]:
    """Give this process's environment with changes; an empty value removes a variable."""
    return {name: value for name, value in {**os.environ, **changes}.items() if value}


def inv(
    *arguments: str, root: Path, env: Mapping[str, str], umask: int = 0o022
) -> subprocess.CompletedProcess[str]:
    """Run a task of the repository at `root`."""
    return subprocess.run(
        [*INV, *arguments], cwd=root, env=env, umask=umask, capture_output=True, text=True, check=False
    )


def digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file below a folder, and the target of every link."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = str(path.readlink())
        elif path.is_file():
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def copy_repository(target: Path) -> Path:
    """A copy of this repository as a checkout has it: only files that git knows or would add."""
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split("\0")  # fmt: skip
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, target / name, follow_symlinks=False)
            shutil.copymode(ROOT / name, target / name)
    return target
