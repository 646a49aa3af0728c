from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from buildpack_release.model.ignored import git_ignored
from support.sample_repository import write

if TYPE_CHECKING:
    from pathlib import Path


def test_asks_git_with_all_its_rules(tmp_path: Path) -> None:
    """Negated patterns, too, and a root whose name has blanks."""
    root = tmp_path / "a b"
    subprocess.run(["git", "init", "-q", root], check=True)
    write(root / ".gitignore", "*.toml\n!kept.toml\n")
    paths = [write(root / name) for name in ("x.toml", "kept.toml", "d/y.toml")]
    assert git_ignored(root, paths) == {paths[0], paths[2]}


def test_nothing_is_ignored_outside_a_work_tree(tmp_path: Path) -> None:
    """A source archive has no .git."""
    write(tmp_path / ".gitignore", "*\n")
    assert git_ignored(tmp_path, [write(tmp_path / "x")]) == frozenset()
    assert git_ignored(tmp_path, []) == frozenset()
