"""Who agrees to a release, and what they see before."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_release.progress import say
from buildpack_release.publish.confirm import confirm
from buildpack_release.publish.publish_report import plan_text
from buildpack_release.releasing.package_steps import PackagesPublished
from buildpack_release.releasing.release_report import status_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from buildpack_release.releasing.status import Status
    from buildpack_release.releasing.step import ReleaseStep


@dataclass(frozen=True)
class Agreement:
    """Somebody at the terminal, or, with `yes`, whoever has given the command."""

    question: str
    yes: bool = False

    def announce(self, status: Status) -> None:
        """Show how things stand, before anything is prepared. Raises UsageError if nobody can be asked."""
        say(status_table(status))
        if not self.yes and not sys.stdin.isatty():
            confirm(self.question, terminal=sys.stdin, say=say)

    def agree(self, status: Status, steps: Sequence[ReleaseStep]) -> None:
        """Show what is going to be published, and ask. Raises ReleaseError for any answer but yes."""
        for step in steps:
            if isinstance(step, PackagesPublished) and step.plan is not None and not step.plan.is_done:
                say(plan_text(step.plan))
                say(status_table(status))
        if not self.yes:
            confirm(self.question, terminal=sys.stdin, say=say)
