"""Expected faults, and the one table of exit codes.

Everything a user can cause or has to repair is a ReleaseError: a title (what is wrong), a detail (why),
advice (what to do) and the file and line it is about. The edge prints it without a traceback and ends with
its exit code. Any other exception is a fault of this program.
"""

from __future__ import annotations

import os
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class ExitCode(IntEnum):
    """How a task ends; the only place where these numbers are given."""

    OK = 0
    FAILED = 1
    USAGE = 2
    CHECK = 3
    CONFLICT = 4
    AUTH = 5
    NETWORK = 6
    MISSING_TOOL = 7
    INTERRUPTED = 130
    BROKEN_PIPE = 141


def shown_path(path: Path) -> str:
    """Give a path as people read it: relative if it lies below the current directory, else absolute.

    Names that are not UTF-8 are escaped, so that the text can be printed anywhere.
    """
    text = str(path)
    try:
        relative = os.path.relpath(path)
    except (OSError, ValueError):
        relative = ".."
    shown = text if relative.startswith("..") else relative
    return shown.encode("utf-8", "backslashreplace").decode("utf-8")


class ReleaseError(Exception):
    """An expected fault. `file` and `line` (from 1) say where; `exit_code` if not that of the class."""

    exit_code: ExitCode = ExitCode.FAILED

    def __init__(
        self,
        title: str,
        *,
        detail: str = "",
        advice: str = "",
        file: Path | None = None,
        line: int | None = None,
        exit_code: ExitCode | None = None,
    ) -> None:
        super().__init__(title, detail, advice, file, line)
        self.title = title
        self.detail = detail
        self.advice = advice
        self.file = file
        self.line = line
        if exit_code is not None:
            self.exit_code = exit_code

    @property
    def location(self) -> str:
        """`file:line`, `file` or nothing."""
        if self.file is None:
            return ""
        return shown_path(self.file) + (f":{self.line}" if self.line is not None else "")

    def __str__(self) -> str:
        first = f"{self.location}: {self.title}" if self.location else self.title
        rest = [line for text in (self.detail, self.advice) for line in text.splitlines()]
        return "\n".join([first, *(f"  {line}" for line in rest)])


class UsageError(ReleaseError):
    """A wrong option or argument."""

    exit_code = ExitCode.USAGE


class CheckFailed(ReleaseError):  # noqa: N818  it says what happened
    """The repository's own files contradict each other or the specification."""

    exit_code = ExitCode.CHECK


class ConflictError(ReleaseError):
    """Something else stands where we would write: other content under a released version, another run."""

    exit_code = ExitCode.CONFLICT


class AuthError(ReleaseError):
    """A server refused our credentials, or wants some."""

    exit_code = ExitCode.AUTH


class NetworkError(ReleaseError):
    """A server could not be reached or did not answer sensibly."""

    exit_code = ExitCode.NETWORK


class MissingToolError(ReleaseError):
    """A program or interpreter that this step needs is not on this machine."""

    exit_code = ExitCode.MISSING_TOOL
