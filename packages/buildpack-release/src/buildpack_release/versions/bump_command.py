"""The bump as a command: what an interrupted run has left comes first, and a bump by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildpack_release.model.repository import Repository
from buildpack_release.versions.bump import prepare
from buildpack_release.versions.diff import unified_diff
from buildpack_release.versions.links import tag_name
from buildpack_release.versions.replacement import finish, is_pending, pending, replace_all
from buildpack_release.versions.versions_report import next_table, notes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from buildpack_release.versions.bump import Bump
    from buildpack_release.versions.inference import KindChoice

_COMPLETED = "An interrupted version bump has been completed, and nothing else done."


def bump(root: Path, date: str, choice: KindChoice, *, report: Callable[[str], None]) -> tuple[Path, ...]:
    """Write the next versions of the repository at `root`; return the files that have changed.

    Raises:
        CheckFailed, UsageError: nothing has been written; see prepare().
        ConflictError, ReleaseError: see replace_all().
    """
    if is_pending(root):
        files = finish(root)
        report(_COMPLETED)
        return files
    prepared = prepare(Repository.discover(root), date, choice)
    _tell(prepared, report)
    files = replace_all(root, prepared.replacements) if prepared.replacements else ()
    if files:
        report(
            "Next: look at `git diff` and commit it; then inv release publishes it and sets"
            f" {', '.join(_tags(prepared))}"
        )
    return files


def preview(root: Path, date: str, choice: KindChoice, *, report: Callable[[str], None]) -> str:
    """Return the unified diff of what bump() would write. Raises as bump() does."""
    if is_pending(root):
        report("A version bump has been interrupted; this would complete it.")
        return unified_diff(root, pending(root))
    prepared = prepare(Repository.discover(root), date, choice)
    _tell(prepared, report)
    return unified_diff(root, prepared.replacements)


def _tell(prepared: Bump, report: Callable[[str], None]) -> None:
    for line in (*next_table(prepared).splitlines(), *notes(prepared)):
        report(line)


def _tags(prepared: Bump) -> list[str]:
    tags = (tag_name(prepared.policy.versioning, one.member.id, one.version) for one in prepared.releases)
    return list(dict.fromkeys(tags))
