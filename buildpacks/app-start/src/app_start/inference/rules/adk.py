"""Agent Development Kit (Google): folders with an ``agent.py`` that has a ``root_agent``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_start.inference.candidate import Candidate, Strength, with_shell
from app_start.inference.module import assigned

if TYPE_CHECKING:
    from app_start.inference.served import Findings

_FILE, _NAME = "agent.py", "root_agent"
_DISTRIBUTION = "google-adk"


def find(findings: Findings) -> list[Candidate]:
    """Return the server of all agents that lie in the same directory."""
    project = findings.project
    for path in project.files:
        module = project.module(path) if path.name == _FILE else None
        lines = (
            [node.lineno for node in module.statements if (assigned(node) or ("",))[0] == _NAME]
            if module
            else []
        )
        if not lines or not project.environment.has(_DISTRIBUTION):
            continue
        label = project.environment.label(_DISTRIBUTION)
        evidence = f"{project.shown(path)} line {lines[0]} has {_NAME}; {label} is installed"
        if path.parent == project.top:
            missing = "its server takes each agent from a directory of its own: move it into one"
            return [Candidate(Strength.NEVER, evidence, missing=missing, root=path)]
        command, shown = with_shell('adk api_server --host 0.0.0.0 --port "$PORT"')
        agents = path.parent.parent
        directory = None if agents == project.top else agents
        return [
            Candidate(
                Strength.FOUND, evidence, command=command, shown=shown, directory=directory, root=agents
            )
        ]
    return []
