"""What people do after a release: build with it, and tell of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_release.releasing.package_steps import NotesPublished, PackagesPublished
from buildpack_release.releasing.release_notes import release_notes, use_commands
from buildpack_release.releasing.status import StepState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from buildpack_release.releasing.release_state import ReleaseState
    from buildpack_release.releasing.step import ReleaseStep


@dataclass(frozen=True)
class WhatFollows:
    """Commands that use what is released, one a line, and notes that nobody has published, or ""."""

    commands: str = ""
    notes: str = ""


def what_follows(steps: Sequence[ReleaseStep], state: ReleaseState, *, notes: bool) -> WhatFollows:
    """Return what to tell once all is done; with `notes`, those that the forge did not get."""
    plan = next((step.plan for step in steps if isinstance(step, PackagesPublished)), None)
    if plan is None:
        return WhatFollows()
    commands = "\n".join(f"Use it: {command}" for command in use_commands(plan, state))
    told = [step for step in steps if isinstance(step, NotesPublished)]
    if not notes or any(step.look(state).state is StepState.DONE for step in told):
        return WhatFollows(commands)
    texts = (f"# {one.tag}\n\n{one.text}" for one in release_notes(plan, state))
    return WhatFollows(commands, "\n".join(texts))
