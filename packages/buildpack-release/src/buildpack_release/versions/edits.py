"""Edits of the repository's files that a command makes: shown as a diff, or written all at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_release.errors import ConflictError
from buildpack_release.versions.diff import unified_diff
from buildpack_release.versions.replacement import JOURNAL, finish, is_pending, replace_all

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from buildpack_release.versions.replacement import Replacement


@dataclass(frozen=True)
class Edit:
    """What a command is about to change. `summary` are lines for people, `advice` what to do afterwards."""

    root: Path
    replacements: tuple[Replacement, ...]
    summary: tuple[str, ...]
    advice: str

    def diff(self) -> str:
        """Return the differences, as `git apply` takes them."""
        return unified_diff(self.root, self.replacements)

    def write(self) -> tuple[Path, ...]:
        """Replace the files, all or none, and return them. Raises ConflictError, ReleaseError."""
        return replace_all(self.root, self.replacements) if self.replacements else ()


def begin(root: Path, *, dry_run: bool, report: Callable[[str], None]) -> None:
    """Complete the edit of a run that was interrupted, before files are read.

    Raises ConflictError if that cannot be done, or would be done by a run that is to write nothing.
    """
    if not is_pending(root):
        return
    if dry_run:
        raise ConflictError(
            "an edit of this repository has been interrupted",
            advice="Run the same command without --dry-run: it completes that edit first.",
            file=root / JOURNAL,
        )
    finish(root)
    report("An edit that was interrupted has been completed first")
