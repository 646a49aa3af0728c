"""Expected faults (`oci_registry.errors`), and the one table of exit codes.

The edge prints a ReleaseError without a traceback and ends with the exit code of its kind.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from oci_registry.errors import (
    AuthError,
    CheckFailed,
    ConflictError,
    ExpectedError,
    MissingToolError,
    NetworkError,
    UsageError,
    shown_path,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "KINDS",
    "AuthError",
    "CheckFailed",
    "ConflictError",
    "ExitCode",
    "ManualStepError",
    "MissingToolError",
    "NetworkError",
    "ReleaseError",
    "UsageError",
    "exit_code_of",
    "shown_path",
]

ReleaseError = ExpectedError


class ManualStepError(ReleaseError):
    """Nothing is wrong, but somebody has to do or decide something first."""


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
    MANUAL_STEP = 8
    INTERRUPTED = 130
    BROKEN_PIPE = 141


KINDS: Mapping[type[ReleaseError], ExitCode] = {
    UsageError: ExitCode.USAGE,
    CheckFailed: ExitCode.CHECK,
    ConflictError: ExitCode.CONFLICT,
    AuthError: ExitCode.AUTH,
    NetworkError: ExitCode.NETWORK,
    MissingToolError: ExitCode.MISSING_TOOL,
    ManualStepError: ExitCode.MANUAL_STEP,
}
"""The exit codes of errors; that of any other is FAILED."""


def exit_code_of(error: ExpectedError) -> ExitCode:
    """Return the exit code of a task that an error ends."""
    return next((code for kind, code in KINDS.items() if isinstance(error, kind)), ExitCode.FAILED)
