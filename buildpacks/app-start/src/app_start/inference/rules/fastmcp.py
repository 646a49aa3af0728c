"""FastMCP: a server that listens somewhere else than at ``$PORT``; its own command tells it where."""

from __future__ import annotations

import ast
import shlex
from typing import TYPE_CHECKING

from app_start.inference.candidate import Candidate, Strength, with_shell
from app_start.inference.mcp_server import http_server
from app_start.inference.program import program_of

if TYPE_CHECKING:
    from app_start.inference.served import Findings

_DISTRIBUTION = "fastmcp"


def find(findings: Findings) -> list[Candidate]:
    """Return the server of a file that would start one; nothing for what listens at ``$PORT`` by itself."""
    project = findings.project
    found = []
    for path in project.top_files if project.environment.has(_DISTRIBUTION) else ():
        module = project.module(path)
        program = program_of(findings.objects, path, "") if module and module.imports_any("fastmcp") else None
        if module is None or program is None or program.reachable or not program.serves:
            continue
        calls = (node for node in ast.walk(module.tree) if isinstance(node, ast.Call))
        server = next((one for call in calls if (one := http_server(module, call))), None)
        if server is None:
            continue
        at = f" --path {shlex.quote(server.path)}" if server.path else ""
        command, shown = with_shell(
            f'fastmcp run --no-banner --transport {server.transport} --host 0.0.0.0 --port "$PORT"{at} '
            f"{shlex.quote(f'{path.name}:{server.name}')}"
        )
        label = project.environment.label(_DISTRIBUTION)
        evidence = f"{path.name} line {program.line} starts {server.name}; {label} is installed"
        found.append(Candidate(Strength.FOUND, evidence, command=command, shown=shown, root=path))
    return found
