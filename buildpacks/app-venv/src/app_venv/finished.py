"""What is done with the finished virtual environment: examined before its layer counts, then summarised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_venv.summary import summary_rows

if TYPE_CHECKING:
    from app_venv.job import Finished


def examine(finished: Finished) -> None:
    """Look at the environment before its layer is saved: what is raised here leaves no layer behind."""


def summarise(finished: Finished) -> None:
    """Print the closing summary."""
    job, decision = finished.job, finished.decision
    done = "reused" if decision.reuse else "made anew" if decision.reasons else "new"
    rows = [
        ("Python", job.tools.interpreter.version),
        ("pip", f"{job.tools.pip.version}, not in the virtual environment"),
        ("virtual environment", f"{done}: {job.venv}"),
    ]
    rows += summary_rows(job.venv, job.site_packages, reused=decision.reuse)
    job.context.output.summary("Summary", rows)
