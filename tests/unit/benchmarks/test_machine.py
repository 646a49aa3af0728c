"""What is said of the machine."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from benchmarks.machine import commit, describe

if TYPE_CHECKING:
    from pathlib import Path


def test_a_machine_is_described(tmp_path: Path) -> None:
    """Without these facts figures mean nothing to anybody else."""
    found = describe(tmp_path)
    assert {"processor", "cores", "memory", "new file", "load", "kernel", "Python", "commit"} <= set(found)
    assert all(found.values())
    assert found["commit"] == "unknown"


def test_a_changed_checkout_is_marked(tmp_path: Path) -> None:
    """Figures of uncommitted code must not be taken for the commit's."""

    def git(*arguments: str) -> None:
        identity = ("-c", "user.name=n", "-c", "user.email=e@localhost")
        subprocess.run(["git", "-C", tmp_path, *identity, *arguments], check=True, capture_output=True)

    git("init")
    (tmp_path / "file").write_text("1")
    git("add", ".")
    git("commit", "-m", "one")
    clean = commit(tmp_path)
    assert len(clean) == 12
    (tmp_path / "file").write_text("2")
    assert commit(tmp_path) == f"{clean}+"
