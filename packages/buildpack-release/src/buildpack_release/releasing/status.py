"""How far a release is: one row for each step, as it was found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from buildpack_release.errors import CheckFailed, ManualStepError, ReleaseError

if TYPE_CHECKING:
    from collections.abc import Iterable


class StepState(Enum):
    """How a step stands."""

    DONE = "done"
    DUE = "to do"
    LATER = "later"
    PERSON = "needs you"
    WRONG = "wrong"
    SKIPPED = "not asked for"


@dataclass(frozen=True)
class Row:
    """A step as it was found.

    Attributes:
        step: its name.
        state: DUE is done by a run; LATER is known once an earlier step is done; PERSON needs a decision that
            is not ours; WRONG stops everything.
        text: what was found.
        commands: what a person would type, for PERSON.
        blocking: whether later steps have to wait for a person.
        error: what to end with, for WRONG.
    """

    step: str
    state: StepState
    text: str
    commands: tuple[str, ...] = ()
    blocking: bool = True
    error: ReleaseError | None = None

    @property
    def is_settled(self) -> bool:
        """Whether nothing is left to do here."""
        return self.state in (StepState.DONE, StepState.SKIPPED)


@dataclass(frozen=True)
class Status:
    """All rows, in the order of the steps."""

    rows: tuple[Row, ...]

    @property
    def is_released(self) -> bool:
        """Whether nothing is left to do."""
        return all(row.is_settled for row in self.rows)

    def row(self, step: str) -> Row:
        """Return the row of a step."""
        return next(row for row in self.rows if row.step == step)

    @property
    def wrong(self) -> Row | None:
        """The first row that stops everything; None if a person has to do something before."""
        for row in self.rows:
            if row.state is StepState.WRONG:
                return row
            if row.state is StepState.PERSON and row.blocking:
                return None
        return None

    @property
    def next(self) -> Row | None:
        """The row that a run would do now; None if something is wrong, or a person comes first."""
        if any(row.state is StepState.WRONG for row in self.rows):
            return None
        for row in self.rows:
            if row.state is StepState.DUE:
                return row
            if not row.is_settled and row.blocking:
                return None
        return None

    @property
    def commands(self) -> tuple[str, ...]:
        """What people have to type, up to the first step that the others wait for."""
        found: list[str] = []
        for row in self.rows:
            if row.state is StepState.PERSON:
                found += row.commands
                if row.blocking:
                    break
        return tuple(found)

    def raise_for(self, *, planned: bool = False) -> None:
        """Raise unless all is released; if only the plan was asked for, unless a run would do the rest.

        Raises the error of what is wrong, ManualStepError with the commands that a person has to type, or
        ReleaseError if what was done has not taken effect.
        """
        if self.wrong is not None:
            raise self.wrong.error or CheckFailed(self.wrong.text)
        waiting = [row for row in self.rows if row.state is StepState.PERSON]
        if waiting:
            count = f"{len(waiting)} {'steps need' if len(waiting) > 1 else 'step needs'} you"
            raise ManualStepError(
                f"this is not released yet: {count}",
                detail=_lines(f"{row.step}: {row.text}" for row in waiting),
                advice=_lines(f"Next: {command}" for command in self.commands),
            )
        if not planned and not self.is_released:
            open_rows = [row for row in self.rows if not row.is_settled]
            lines = _lines(f"{row.step}: {row.text}" for row in open_rows)
            raise ReleaseError(
                "not everything took effect", detail=lines, advice="Run the same command again."
            )


def _lines(texts: Iterable[str]) -> str:
    return "\n".join(texts)
