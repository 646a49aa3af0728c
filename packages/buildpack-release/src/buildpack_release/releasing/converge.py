"""Look at everything, do the first thing that is missing, look again: until nothing is left to do.

Nothing is noted down about a run. So one that was interrupted is simply started again, here or in another
clone, and one that finds everything done does nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildpack_release.errors import ReleaseError
from buildpack_release.releasing.status import Row, Status, StepState

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from buildpack_release.releasing.release_state import ReleaseState
    from buildpack_release.releasing.step import ReleaseStep


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
    *,
    agree: Callable[[Status], None],
    say: Callable[[str], None],
) -> Status:
    """Do what is missing, in order, and give how things stand at the end.

    Args:
        steps: in their order.
        read: looks at the state.
        agree: is shown the status before the first thing is done, and raises if nothing is to be done.
        say: takes lines of progress.

    Raises ReleaseError: a step has failed; what was done before stays.
    """
    state, status = derive(steps, read)
    if status.next is not None:
        agree(status)
    done: set[str] = set()
    while (row := status.next) is not None and row.step not in done:
        say(f"== {row.step}: {row.text}")
        done.add(row.step)
        failure = _act(next(step for step in steps if step.name == row.step), state)
        state, status = derive(steps, read)
        # Somebody else may have done the same at the same moment: then all is well.
        if failure is not None and not status.row(row.step).is_settled:
            raise failure
    return status


def _act(step: ReleaseStep, state: ReleaseState) -> ReleaseError | None:
    try:
        step.act(state)
    except ReleaseError as error:
        return error
    return None
