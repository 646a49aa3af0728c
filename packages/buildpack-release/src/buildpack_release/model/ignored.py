"""Which files git ignores, asked of git itself."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def git_ignored(root: Path, paths: Iterable[Path]) -> frozenset[Path]:
    """Return those of the paths below `root` that git ignores; none without git or outside a work tree."""
    relative = [os.fsencode(os.path.relpath(path, root)) for path in paths]
    if not relative or not (root / ".git").exists():
        return frozenset()
    command = ["git", "-C", os.fspath(root), "check-ignore", "-z", "--stdin"]
    try:
        done = subprocess.run(command, input=b"\0".join(relative), capture_output=True, check=False)
    except OSError:
        return frozenset()
    return frozenset(root / os.fsdecode(name) for name in done.stdout.split(b"\0") if name)
