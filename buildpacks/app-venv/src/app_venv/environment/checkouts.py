"""Checkouts in the environment (``-e git+https://...``): their files stay, not where they are from.

pip clones with the address that it is given, and every version control system writes that down, password
included, in its own directory (``.git/config``, ``.hg/hgrc``). The app needs none of it. What belongs to an
installed distribution is no checkout, and links are not followed: nothing outside, such as the app's own
directory, is touched.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_api import commands
from buildpack_api.errors import CommandFailed
from buildpack_common.files import remove

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from buildpack_api.output import Output

_SHOWN = 10
# Of the four that pip knows (pip documentation, 'VCS Support'). .git is a file in submodules and worktrees.
_DIRECTORIES = frozenset({".bzr", ".git", ".hg", ".svn"})
# What they read beside it, and people commit: where submodules, large files and subrepositories are from.
_FILES = frozenset({".gitmodules", ".hgrc", ".hgsub", ".hgsubstate", ".lfsconfig"})


@dataclass(frozen=True)
class GitCheckout:
    """A checkout by git: its directory, the address as git has it, and the commit that is checked out."""

    directory: Path
    address: str
    commit: str


def read_checkouts(root: Path, environment: Mapping[str, str]) -> tuple[GitCheckout, ...]:
    """Return the checkouts by git directly below ``root``, before there is nothing left to ask.

    The others are read by nobody: the bill of materials then says no more than that they are editable.
    """
    if not root.is_dir():
        return ()
    found = [path for path in sorted(root.iterdir()) if os.path.lexists(path / ".git")]
    return tuple(one for path in found if (one := _read(path, environment)))


def remove_metadata(venv: Path) -> tuple[str, ...]:
    """Remove what version control systems left below ``venv``; return the paths, relative to it, sorted.

    Raises OSError if something cannot be removed.
    """
    found = sorted(_metadata(venv))
    if found:
        from app_venv.environment.installed import installed_distributions  # few environments have any
        from app_venv.environment.records import recorded_paths

        libraries = venv.glob("lib*/python*/site-packages")
        recorded = recorded_paths(one for path in libraries for one in installed_distributions(path))
        found = [path for path in found if not any(f"{one}/".startswith(f"{path}/") for one in recorded)]
    for path in found:
        remove(Path(path))
    return tuple(os.path.relpath(path, venv) for path in found)


def leave_repositories(venv: Path, output: Output) -> None:
    """Keep of checkouts what is installed, and not where it is from; name what is removed. Raises OSError."""
    removed = remove_metadata(venv)
    if removed:
        output.step(f"Removed what version control left: {', '.join(removed[:_SHOWN])}")
    if len(removed) > _SHOWN:
        output.detail(f"and {len(removed) - _SHOWN} more")


def _read(directory: Path, environment: Mapping[str, str]) -> GitCheckout | None:
    # As pip does: a repository of somebody else must not be taken for this one.
    env = {name: value for name, value in environment.items() if name not in ("GIT_DIR", "GIT_WORK_TREE")}

    def ask(*arguments: str) -> str:
        return commands.capture(("git", *arguments), env=env, cwd=directory).strip()

    try:
        return GitCheckout(directory, ask("config", "--get", "remote.origin.url"), ask("rev-parse", "HEAD"))
    except CommandFailed:
        return None


def _metadata(root: Path) -> Iterator[str]:
    folders = [os.fspath(root)]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.name in _DIRECTORIES or (
                    entry.name in _FILES and not entry.is_dir(follow_symlinks=False)
                ):
                    yield entry.path
                elif entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
