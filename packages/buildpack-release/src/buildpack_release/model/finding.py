"""One thing that a check has found: how bad, where, what, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from buildpack_common.terminal_text import one_line
from buildpack_release.errors import CheckFailed, shown_path

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class Severity(Enum):
    """How much a finding matters: only errors make a check fail."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True)
class Finding:
    """A fault in a file. `code` is a stable word for programs; `line` is from 1, None for all of it."""

    severity: Severity
    code: str
    message: str
    file: Path
    line: int | None = None
    advice: str = ""

    @property
    def is_error(self) -> bool:
        """Whether this makes the check fail."""
        return self.severity is Severity.ERROR

    def __str__(self) -> str:
        where = shown_path(self.file) + (f":{self.line}" if self.line is not None else "")
        advice = f" ({self.advice})" if self.advice else ""
        return one_line(f"{where}: {self.severity.value}: {self.message}{advice} [{self.code}]")


def raise_first_error(findings: Sequence[Finding]) -> None:
    """Raise CheckFailed for the first error among the findings, saying how many more there are."""
    errors = [finding for finding in findings if finding.is_error]
    if not errors:
        return
    first, more = errors[0], len(errors) - 1
    detail = (
        f"There {'is 1 more error' if more == 1 else f'are {more} more errors'}: see `inv check`."
        if more
        else ""
    )
    raise CheckFailed(first.message, detail=detail, advice=first.advice, file=first.file, line=first.line)
