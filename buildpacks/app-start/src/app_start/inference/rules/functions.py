"""Functions Framework (Google): a function of ``main.py`` that its decorator registers."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from app_start.inference.candidate import Candidate, Strength

if TYPE_CHECKING:
    from app_start.inference.served import Findings

_FILE = "main.py"
_VARIABLES = ("FUNCTION_TARGET", "GOOGLE_FUNCTION_TARGET")
_DISTRIBUTION = "functions-framework"
_DECORATORS = frozenset(
    {"functions_framework.http", "functions_framework.cloud_event", "functions_framework.typed"}
)


def find(findings: Findings) -> list[Candidate]:
    """Return the function that is named, or each that is registered. The framework reads PORT itself."""
    project = findings.project
    module = project.module(project.top / _FILE) if project.top / _FILE in project.top_files else None
    if module is None or not project.environment.has(_DISTRIBUTION):
        return []
    wanted = next((project.variables[name] for name in _VARIABLES if project.variables.get(name)), "")
    label = project.environment.label(_DISTRIBUTION)
    candidates = []
    for name, function in module.functions.items():
        decorators = {
            module.dotted(one.func if isinstance(one, ast.Call) else one) for one in function.decorator_list
        }
        if name == wanted or (not wanted and decorators & _DECORATORS):
            evidence = f"{_FILE} line {function.lineno} has the function {name}; {label} is installed"
            command = ("functions-framework", "--target", name)
            candidates.append(Candidate(Strength.FOUND, evidence, command=command, root=(_FILE, name)))
    return candidates
