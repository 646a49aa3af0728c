"""Functions Framework (Google): a function of ``main.py`` that its decorator registers."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from app_start.inference.candidate import Candidate, Strength

if TYPE_CHECKING:
    from app_start.inference.module import Module
    from app_start.inference.project import Project
    from app_start.inference.served import Findings

_FILE = "main.py"
_TARGETS = ("FUNCTION_TARGET", "GOOGLE_FUNCTION_TARGET")
_SOURCES = ("FUNCTION_SOURCE", "GOOGLE_FUNCTION_SOURCE")
_DISTRIBUTION = "functions-framework"
_DECORATORS = frozenset(
    {"functions_framework.http", "functions_framework.cloud_event", "functions_framework.typed"}
)


def find(findings: Findings) -> list[Candidate]:
    """Return the function that is named, or each that is registered. The framework reads PORT itself."""
    project = findings.project
    variables = project.variables
    wanted = next((variables[name] for name in _TARGETS if variables.get(name)), "")
    source = next((variables[name] for name in _SOURCES if variables.get(name)), _FILE)
    path = project.top / source
    module = project.module(path) if path in project.top_files else None
    if module is None or not (
        project.environment.has(_DISTRIBUTION) or wanted or module.imports_any("functions_framework")
    ):
        return []
    names = [
        name
        for name, one in module.functions.items()
        if name == wanted or (not wanted and _registered(module, one))
    ]
    if not project.environment.has(_DISTRIBUTION) or not names:
        return _missing(project, module, source, wanted)
    label = project.environment.label(_DISTRIBUTION)
    option = () if source == _FILE else ("--source", source)
    return [
        Candidate(
            Strength.FOUND,
            f"{source} line {module.functions[name].lineno} has the function {name}; {label} is installed",
            command=("functions-framework", *option, "--target", name),
            root=(source, name),
        )
        for name in names
    ]


def _registered(module: Module, function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    called = (one.func if isinstance(one, ast.Call) else one for one in function.decorator_list)
    return any(module.dotted(one) in _DECORATORS for one in called)


def _missing(project: Project, module: Module, source: str, wanted: str) -> list[Candidate]:
    """Say why a function does not start, unless something else does."""
    evidence = f"{source} has the functions {', '.join(module.functions) or '(none)'}"
    if not project.environment.has(_DISTRIBUTION):
        missing = f"{_DISTRIBUTION} is not installed: add it to what the app requires"
    elif wanted:
        missing = f"none of them is {wanted}"
    else:
        missing = f"{_TARGETS[1]} does not say for the build which of them is called"
    return [Candidate(Strength.MAIN, evidence, missing=missing, root=(source, "functions"))]
