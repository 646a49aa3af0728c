"""Commands that the project installs: ``[project.scripts]`` (PEP 621), ``[tool.poetry.scripts]``."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

from app_start.inference.candidate import Candidate, Strength, with_forwarding
from app_start.inference.mcp_server import STDIN, talks_over_stdin
from app_start.inference.program import program_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from app_start.inference.project import Project
    from app_start.inference.served import Findings

_DEFAULTS = ("start", "web", "serve")
_TABLES = (("project", "scripts"), ("tool", "poetry", "scripts"))


def find(findings: Findings) -> list[Candidate]:
    """Return each command that is installed; one called start, web or serve says what the app starts."""
    project = findings.project
    candidates = []
    for name, reference in _scripts(project).items():
        if project.environment.program(name) is None:
            continue
        strength = Strength.SAID if name in _DEFAULTS else Strength.SCRIPT
        candidates.append(_candidate(findings, name, reference, strength))
    return candidates


def _candidate(findings: Findings, name: str, reference: str, strength: Strength) -> Candidate:
    """Return the command; the web app itself if that is all that the command serves, but not to everybody."""
    project = findings.project
    evidence = f"pyproject.toml has the script {name} = {reference}"
    module, _, function = reference.partition(":")
    path = project.find(module, _root(project, module))
    program = program_of(findings.objects, path, function) if path else None
    kind = re.sub(r"[^a-z0-9.-]", "-", name.lower())
    command, shown = with_forwarding(shlex.quote(name), kind)
    package = project.find(f"{module.partition('.')[0]}.__main__", _root(project, module))
    found = project.module(path) if path else None
    note = "" if found and "PORT" in found.text else f"{name} is not seen to listen at the port of $PORT."
    if note and path and talks_over_stdin(project, path.parent):
        note = STDIN.format(name)
    script = Candidate(strength, evidence, kind, command, shown, root=(name,), package=package, note=note)
    if program is None or program.app is None:
        return script
    served = findings.served(program.app, strength, f"{evidence}, which serves it; ")
    if program.reachable or not served.startable:
        return replace(script, root=program.app.root)
    return served


def _root(project: Project, module: str) -> Path:
    """Return the directory that the project's modules are in."""
    source = project.top / "src"
    return source if project.find(module, source) else project.top


def _scripts(project: Project) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for keys in _TABLES:
        for name, value in project.table(*keys).items():
            reference = value.get("reference") or value.get("callable") if isinstance(value, dict) else value
            if isinstance(reference, str):
                found.setdefault(name, re.sub(r"\s|\[.*", "", reference))
    return found
