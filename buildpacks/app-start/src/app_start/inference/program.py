"""What a function, or a module that is run as a program, does: which app it serves, and to whom."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app_start.inference.module import assigned, constant

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app_start.inference.module import Module
    from app_start.inference.served import Findings
    from app_start.inference.web_objects import WebObject

_RUN = frozenset({"run", "run_app", "serve", "run_server", "run_simple"})
_ALL_BY_DEFAULT = frozenset({"aiohttp.web.run_app", "waitress.serve", "nicegui.ui.run"})
_EVERYWHERE = frozenset({"0.0.0.0", "::", "0", ""})  # noqa: S104  (what apps write)
_PORT = "PORT"
_COMMAND_LINES = frozenset({"argparse", "click", "typer", "fire", "docopt", "cyclopts"})


@dataclass(frozen=True)
class Program:
    """``app`` is what it serves, if that is seen. ``reachable``: on all addresses and the port of PORT.

    ``serves`` says that it listens to somebody at all.
    """

    app: WebObject | None = None
    serves: bool = False
    reachable: bool = False


def program_of(findings: Findings, path: Path, function: str) -> Program | None:
    """Return what a function of a module does; '' is the main guard. None if there is no such."""
    module = findings.project.module(path)
    if module is None:
        return None
    if function:
        node = module.functions.get(function)
        return _read(findings, module, node.body) if node else None
    return _read(findings, module, module.main_guard.body) if module.main_guard else None


def reads_command_line(module: Module) -> str:
    """Return what reads arguments that somebody would have to give; '' if nothing does."""
    names = {name.partition(".")[0] for name in module.imported_modules}
    return next(iter(sorted(names & _COMMAND_LINES)), "")


def _read(findings: Findings, module: Module, body: list[ast.stmt]) -> Program:
    calls = list(_calls(module, body, set()))
    for call, function in calls:
        served = _served(findings, module, call)
        dotted = module.dotted(call.func)
        if served is not None or dotted in _ALL_BY_DEFAULT or dotted in ("uvicorn.run", "hypercorn.run"):
            reachable = _is_reachable(module, call, dotted, function)
            return Program(served, serves=True, reachable=reachable)
    return Program()


def _calls(module: Module, body: list[ast.stmt], seen: set[str]) -> Iterator[tuple[ast.Call, list[ast.stmt]]]:
    """Yield the calls in these statements, and in the functions of the module that they call."""
    for node in (one for statement in body for one in ast.walk(statement)):
        if isinstance(node, ast.Call):
            yield node, body
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            if name in module.functions and name not in seen:
                seen.add(name)
                yield from _calls(module, module.functions[name].body, seen)


def _served(findings: Findings, module: Module, call: ast.Call) -> WebObject | None:
    """Return the app that a call serves: ``app.run()``, ``uvicorn.run(app)``, ``uvicorn.run("main:app")``."""
    objects = findings.objects.of(module.path)
    function = call.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if name not in _RUN:
        return None
    if (
        isinstance(function, ast.Attribute)
        and isinstance(function.value, ast.Name)
        and function.value.id in objects
    ):
        return objects[function.value.id]
    first = (
        call.args[0] if call.args else next((one.value for one in call.keywords if one.arg == "app"), None)
    )
    if isinstance(first, ast.Name):
        return objects.get(first.id)
    target, colon, attribute = constant(first).partition(":")
    path = findings.project.resolve(module, target) if colon else None
    return findings.objects.of(path).get(attribute) if path else None


def _is_reachable(module: Module, call: ast.Call, dotted: str, body: list[ast.stmt]) -> bool:
    named = {one.arg: one.value for one in call.keywords if one.arg}
    host = named.get("host")
    if host is None and isinstance(call.func, ast.Attribute) and call.func.attr == "run" and call.args:
        host = call.args[0] if constant(call.args[0]) else None
    everywhere = dotted in _ALL_BY_DEFAULT if host is None else constant(host) in _EVERYWHERE
    port = named.get("port")
    return everywhere and port is not None and _PORT in _source(module, port, body)


def _source(module: Module, node: ast.expr, body: list[ast.stmt]) -> str:
    """Return an expression as text; for a name, what is assigned to it."""
    if isinstance(node, ast.Name):
        for statement in (*(one for outer in body for one in ast.walk(outer)), *module.statements):
            pair = assigned(statement) if isinstance(statement, ast.stmt) else None
            if pair and pair[0] == node.id:
                return ast.unparse(pair[1])
    return ast.unparse(node)
