"""Look at everything, do the first thing that is missing, look again: until nothing is left to do.

Nothing is noted down about a run. So one that was interrupted is simply started again, here or in another
clone, and one that finds everything done does nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildpack_release.errors import ReleaseError
from buildpack_release.releasing.status import Row, State, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from buildpack_release.releasing.step import Step
    from buildpack_release.releasing.world import World


def derive(steps: Sequence[Step], read: Callable[[], World]) -> tuple[World, Status]:
    """Look at the world through all steps. Raises ReleaseError if it cannot be looked at at all."""
    world = read()
    return world, Status(tuple(_look(step, world) for step in steps))


def _look(step: Step, world: World) -> Row:
    try:
        return step.look(world)
    except ReleaseError as error:
        return Row(step.name, State.WRONG, error.title, error=error)


def converge(
    steps: Sequence[Step],
    read: Callable[[], World],
    *,
    agree: Callable[[Status], None],
    say: Callable[[str], None],
) -> Status:
    """Do what is missing, in order, and give how things stand at the end.

    Args:
        steps: in their order.
        read: looks at the world.
        agree: is shown the status before the first thing is done, and raises if nothing is to be done.
        say: takes lines of progress.

    Raises ReleaseError: a step has failed; what was done before stays.
    """
    world, status = derive(steps, read)
    if status.next is not None:
        agree(status)
    done: set[str] = set()
    while (row := status.next) is not None and row.step not in done:
        say(f"== {row.step}: {row.text}")
        done.add(row.step)
        failure = _act(next(step for step in steps if step.name == row.step), world)
        world, status = derive(steps, read)
        # Somebody else may have done the same at the same moment: then all is well.
        if failure is not None and not status.row(row.step).is_settled:
            raise failure
    return status


def _act(step: Step, world: World) -> ReleaseError | None:
    try:
        step.act(world)
    except ReleaseError as error:
        return error
    return None
