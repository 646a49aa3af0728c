"""Celery: an object that workers are given, and its schedule (Celery documentation, 'Application')."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from app_start.inference.candidate import Candidate, Strength
from app_start.inference.module import assigned

if TYPE_CHECKING:
    from pathlib import Path

    from app_start.inference.project import Project
    from app_start.inference.served import Findings

_CLASSES = frozenset({"celery.Celery", "celery.app.Celery", "celery.app.base.Celery"})
_FILES = ("celery.py", "celery_app.py", "celeryapp.py", "worker.py", "tasks.py", "main.py", "app.py")
_SCHEDULE = "/tmp/celerybeat-schedule"  # noqa: S108  (in the container; the app's directory may be read-only)


def find(findings: Findings) -> list[Candidate]:
    """Return a worker for the only object there is, and what starts tasks at their times, if it has such."""
    project = findings.project
    if not project.environment.has("celery"):
        return []
    found = [(path, *pair) for path in project.files if (pair := _object(project, path))]
    found.sort(
        key=lambda one: (
            _FILES.index(one[0].name) if one[0].name in _FILES else len(_FILES),
            len(one[0].parts),
        )
    )
    if not found:
        return []
    path, name, line = found[0]
    place = project.place(path)
    directory = None if place.directory == project.top else place.directory
    spec = f"{place.name}:{name}"
    evidence = f"{project.shown(path)} line {line} has {name} = Celery(...)"
    candidates = [
        Candidate(
            Strength.WORKER,
            evidence,
            "worker",
            ("celery", "--app", spec, "worker"),
            directory=directory,
            root=path,
        )
    ]
    if _has_schedule(project):
        command = ("celery", "--app", spec, "beat", "--schedule", _SCHEDULE)
        beat = f"{evidence}, and the app has a schedule"
        candidates.append(
            Candidate(Strength.NEVER, beat, "beat", command, directory=directory, root=(path, "beat"))
        )
    return candidates


def _object(project: Project, path: Path) -> tuple[str, int] | None:
    module = project.module(path)
    for node in module.statements if module and module.imports_any("celery") else ():
        pair = assigned(node)
        if pair and module and isinstance(pair[1], ast.Call) and module.dotted(pair[1].func) in _CLASSES:
            return pair[0], node.lineno
    return None


def _has_schedule(project: Project) -> bool:
    texts = (module.text for path in project.files if (module := project.module(path)))
    return project.environment.has("django-celery-beat") or any(
        word in text
        for text in texts
        for word in ("beat_schedule", "CELERY_BEAT_SCHEDULE", "add_periodic_task")
    )
