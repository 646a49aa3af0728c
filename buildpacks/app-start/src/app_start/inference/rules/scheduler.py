"""A scheduler: ``clock.py`` or ``scheduler.py``, as Heroku's documentation calls the process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_start.inference.candidate import Candidate, Strength, with_forwarding

if TYPE_CHECKING:
    from app_start.inference.served import Findings

_FILES = ("clock.py", "scheduler.py")
_PACKAGES = ("apscheduler", "schedule")


def find(findings: Findings) -> list[Candidate]:
    """Return the program that starts jobs at their times."""
    project = findings.project
    for path in project.top_files:
        module = project.module(path) if path.name in _FILES else None
        line = module.imports_any(*_PACKAGES) if module else 0
        if line:
            evidence = f"{path.name} line {line} imports a scheduler"
            command, shown = with_forwarding(f"python {path.name}", "clock")
            return [Candidate(Strength.WORKER, evidence, "clock", command, shown, root=path)]
    return []
