"""Look at everything, do the first thing that is missing, look again: until nothing is left to do.

Nothing is noted down about a run. So one that was interrupted is simply started again, here or in another
clone, and one that finds everything done does nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from buildpack_release.errors import ReleaseError
from buildpack_release.releasing.status import Row, Status, StepState

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from buildpack_release.releasing.release_state import ReleaseState
    from buildpack_release.releasing.step import ReleaseStep


class Asked(Protocol):
    """Who has to agree."""

    def announce(self, status: Status) -> None:
        """Take note of how things stand, before anything is prepared. Raises ReleaseError to stop."""

    def agree(self, status: Status, steps: Sequence[ReleaseStep]) -> None:
        """Agree to what is left. Raises ReleaseError to stop."""


def derive(steps: Sequence[ReleaseStep], read: Callable[[], ReleaseState]) -> tuple[ReleaseState, Status]:
    """Look at the state through all steps. Raises ReleaseError if it cannot be looked at at all."""
    state = read()
    return state, Status(tuple(_look(step, state) for step in steps))


def _look(step: ReleaseStep, state: ReleaseState) -> Row:
    try:
        return step.look(state)
    except ReleaseError as error:
        return Row(step.name, StepState.WRONG, error.title, error=error)


def converge(
    steps: Sequence[ReleaseStep],
    read: Callable[[], ReleaseState],
    agreement: Asked,
    *,
    say: Callable[[str], None],
) -> Status:
    """Do what is missing, in order, and give how things stand at the end.

    What only prepares comes first, so that whoever has to agree sees what is going to be published.

    Args:
        steps: in their order.
        read: looks at the state.
        agreement: is asked before the first thing that is not preparation.
        say: takes lines of progress.

    Raises ReleaseError: a step has failed; what was done before stays.
    """
    state, status = derive(steps, read)
    if status.next is not None:
        agreement.announce(status)
        for step in steps:
            if step.is_preparation and status.row(step.name).state is StepState.DUE:
                state, status = _do(step, status, state, steps, read, say=say)
    if status.next is not None:
        agreement.agree(status, steps)
    done: set[str] = set()
    while (row := status.next) is not None and row.step not in done:
        done.add(row.step)
        step = next(step for step in steps if step.name == row.step)
        state, status = _do(step, status, state, steps, read, say=say)
    return status


def _do(
    step: ReleaseStep,
    status: Status,
    state: ReleaseState,
    steps: Sequence[ReleaseStep],
    read: Callable[[], ReleaseState],
    *,
    say: Callable[[str], None],
) -> tuple[ReleaseState, Status]:
    """Do what a step is about, and look again."""
    say(f"== {step.name}: {status.row(step.name).text}")
    failure: ReleaseError | None = None
    try:
        step.act(state)
    except ReleaseError as error:
        failure = error
    state, status = derive(steps, read)
    # Somebody else may have done the same at the same moment: then all is well.
    if failure is not None and not status.row(step.name).is_settled:
        raise failure
    return state, status
