"""Asking before something is written that cannot be taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from buildpack_release.errors import ReleaseError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

_YES = ("y", "yes")


def confirm(question: str, *, terminal: TextIO, say: Callable[[str], None]) -> None:
    """Ask on a terminal.

    Raises UsageError if there is nobody to ask, ReleaseError for any answer but yes.
    """
    if not terminal.isatty():
        raise UsageError(
            "there is no terminal to ask on; nothing was written",
            advice="Give --yes to do it without a question, or --dry-run to see the plan alone.",
        )
    say(f"{question} [y/N]")
    if terminal.readline().strip().lower() not in _YES:
        raise ReleaseError("not confirmed; nothing was written")
