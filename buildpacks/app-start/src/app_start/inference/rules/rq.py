"""RQ: workers of its queues, which are where ``REDIS_URL`` says (RQ documentation, 'Workers')."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_start.inference.candidate import Candidate, Strength, with_shell

if TYPE_CHECKING:
    from app_start.inference.served import Findings

_PROGRAM = "worker.py"


def find(findings: Findings) -> list[Candidate]:
    """Return the app's own worker, else RQ's command, if the app uses RQ."""
    project = findings.project
    if not project.environment.has("rq"):
        return []
    using = [
        (path, line)
        for path in project.files
        if (module := project.module(path)) and (line := module.imports_any("rq"))
    ]
    if not using:
        return []
    own = project.top / _PROGRAM
    module = project.module(own) if own in project.top_files else None
    if module is not None and module.main_guard is not None and module.imports_any("rq"):
        evidence = f"{_PROGRAM} line {module.main_guard.lineno} says how it is started"
        return [Candidate(Strength.WORKER, evidence, "worker", ("python", _PROGRAM), root=own)]
    path, line = using[0]
    evidence = f"{project.shown(path)} line {line} imports rq; {project.environment.label('rq')} is installed"
    command, shown = with_shell('rq worker --url "${REDIS_URL:-redis://localhost:6379}"', "worker")
    return [Candidate(Strength.WORKER, evidence, "worker", command, shown, root=path)]
