"""``[tool.fastapi] entrypoint`` in ``pyproject.toml`` (FastAPI documentation, 'FastAPI CLI')."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_start.inference.candidate import Candidate, Strength

if TYPE_CHECKING:
    from app_start.inference.served import Findings

_PLACE = "[tool.fastapi] entrypoint"


def find(findings: Findings) -> list[Candidate]:
    """Return the app that is named."""
    project = findings.project
    value = project.table("tool", "fastapi").get("entrypoint")
    if not isinstance(value, str) or not value:
        return []
    module, _, name = value.partition(":")
    path = project.find(module, project.top) or project.find(module, project.top / "src")
    found = findings.objects.of(path).get(name or "app") if path else None
    if found is None:
        missing = f"no such app is seen in {project.shown(path) if path else 'the files of this app'}"
        return [Candidate(Strength.SAID, f"{_PLACE} is {value}", missing=missing, root=value)]
    return [findings.served(found, Strength.SAID, f"{_PLACE} is {value}; ")]
