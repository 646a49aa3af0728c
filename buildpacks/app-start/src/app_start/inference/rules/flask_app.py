"""FLASK_APP (Flask documentation, 'Application Discovery'): in the environment, or in ``.flaskenv``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app_start.inference.candidate import Candidate, Strength

if TYPE_CHECKING:
    from pathlib import Path

    from app_start.inference.project import Project
    from app_start.inference.served import Findings

_NAME = "FLASK_APP"
_FILES = (".flaskenv",)
_LINE = re.compile(r"\s*(?:export\s+)?FLASK_APP\s*=\s*[\"']?([^\"'#\s]+)")


def find(findings: Findings) -> list[Candidate]:
    """Return the app that is named."""
    project = findings.project
    value, place = _said(project)
    if not value:
        return []
    module, _, name = value.partition(":")
    path = _file(project, module)
    if path is None:
        return [
            Candidate(
                Strength.SAID, f"{place} is {value}", missing=f"{module} is no module of this app", root=value
            )
        ]
    name, _, call = name.partition("(")
    found = findings.objects.named(path, name) if name else findings.objects.main_of(path)
    if found is None or call not in ("", ")"):
        missing = f"no such app is seen in {project.shown(path)}"
        return [Candidate(Strength.SAID, f"{place} is {value}", missing=missing, root=value)]
    return [findings.served(found, Strength.SAID, f"{place} is {value}; ")]


def _said(project: Project) -> tuple[str, str]:
    value = project.variables.get(_NAME, "").strip()
    if value:
        return value, _NAME
    for name in _FILES:
        try:
            lines = (project.top / name).read_text("utf-8", "replace").splitlines()
        except OSError:
            continue
        for line in lines:
            found = _LINE.match(line)
            if found:
                return found[1], f"{_NAME} in {name}"
    return "", ""


def _file(project: Project, module: str) -> Path | None:
    if module.endswith(".py"):
        path = project.top / module
        return path if path.is_file() and path.resolve().is_relative_to(project.top.resolve()) else None
    return project.find(module, project.top) or project.find(module, project.top / "src")
