"""What a function, or a module that is run as a program, does: which app it serves, and to whom."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app_start.inference.mcp_server import http_server
from app_start.inference.module import assigned, constant

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from app_start.inference.module import Module
    from app_start.inference.web_objects import WebObject, WebObjects

_RUN = frozenset({"run", "run_app", "serve", "run_server", "run_simple"})
_GIVEN_AN_APP = frozenset({"make_server", "WSGIServer", "WSGIContainer", "Config", "Granian"})
"""What servers are called that a program makes for an app and starts afterwards."""
_ADDRESS_FIRST = frozenset({"make_server", "run", "run_server", "run_simple"})  # host, port, app
_ALL_BY_DEFAULT = frozenset(
    {"aiohttp.web.run_app", "waitress.serve", "nicegui.ui.run", "fasthtml.common.serve"}
)
_OWN_BY_DEFAULT = frozenset({"uvicorn.run", "hypercorn.run", "bottle.run"})
_EVERYWHERE = ("0.0.0.0", "::", "")  # noqa: S104  (what apps write)
_PORT = "PORT"
_COMMAND_LINES = frozenset({"argparse", "click", "typer", "fire", "docopt", "cyclopts"})


@dataclass(frozen=True)
class Program:
    """``app`` is what it serves, if that is seen. ``reachable``: on all addresses and the port of PORT.

    ``serves`` says that it listens to somebody at all, ``own_machine`` that nobody else can reach it.
    ``line`` is where it is started, if that is seen.
    """

    app: WebObject | None = None
    serves: bool = False
    reachable: bool = False
    own_machine: bool = False
    line: int = 0


def program_of(objects: WebObjects, path: Path, function: str) -> Program | None:
    """Return what a function of a module does; '' is what it does as a program. None if there is no such."""
    module = objects.project.module(path)
    if module is None:
        return None
    if function:
        node = module.functions.get(function)
        return _read(objects, module, node.body) if node else None
    last: list[ast.stmt] = [one for one in module.tree.body[-1:] if isinstance(one, ast.Expr)]
    return _read(objects, module, module.main_guard.body if module.main_guard else last)


def reads_command_line(module: Module) -> str:
    """Return what reads arguments that somebody would have to give; '' if nothing does."""
    names = {name.partition(".")[0] for name in module.imported_modules}
    return next(iter(sorted(names & _COMMAND_LINES)), "")


def _read(objects: WebObjects, module: Module, body: list[ast.stmt]) -> Program:
    for call, around in _calls(module, body, set()):
        app = _served(objects, module, call, around)
        mcp = http_server(module, call)
        dotted = module.dotted(call.func)
        if app is None and mcp is None and dotted not in _ALL_BY_DEFAULT | _OWN_BY_DEFAULT:
            continue
        host, port = (mcp.host, mcp.port) if mcp else _address(call, objects.of(module.path))
        text = _source(module, host, around)
        everywhere = _is_everywhere(text) if text else dotted in _ALL_BY_DEFAULT
        return Program(
            app,
            serves=True,
            reachable=everywhere and _PORT in _source(module, port, around),
            own_machine=not everywhere and (not text or isinstance(host, ast.Constant)),
            line=call.lineno,
        )
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


def _served(objects: WebObjects, module: Module, call: ast.Call, around: list[ast.stmt]) -> WebObject | None:
    """Return the app that a call serves: ``app.run()``, ``uvicorn.run(app)``, ``uvicorn.run("main:app")``."""
    apps = objects.of(module.path)
    name = _name(call)
    if name not in _RUN | _GIVEN_AN_APP:
        return None
    owner = call.func.value if isinstance(call.func, ast.Attribute) else None
    if isinstance(owner, ast.Name) and owner.id in apps:
        return apps[owner.id]
    if isinstance(owner, ast.Name) and (made := objects.within(module, around).get(owner.id)):
        return made
    for one in (*call.args, *(keyword.value for keyword in call.keywords)):
        if isinstance(one, ast.Name) and one.id in apps:
            return apps[one.id]
        target, colon, attribute = constant(one).partition(":")
        path = objects.project.resolve(module, target) if colon else None
        found = objects.of(path).get(attribute) if path else None
        if found is not None:
            return found
    return None


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _address(call: ast.Call, apps: Mapping[str, WebObject]) -> tuple[ast.expr | None, ast.expr | None]:
    """Return where a call says that it listens: host and port, as far as it says so."""
    given = [one for one in call.args if not (isinstance(one, ast.Name) and one.id in apps)]
    if _name(call) == "WSGIServer" and given and isinstance(given[0], ast.Tuple):
        given = given[0].elts
    elif _name(call) not in _ADDRESS_FIRST or (given and ":" in constant(given[0])):
        given = []  # uvicorn.run("main:app")
    named = {one.arg: one.value for one in call.keywords if one.arg}
    host, port = (*given, None, None)[:2]
    return named.get("host", named.get("address", host)), named.get("port", port)


def _is_everywhere(text: str) -> bool:
    return any(repr(one) in text for one in _EVERYWHERE)


def _source(module: Module, node: ast.expr | None, body: list[ast.stmt]) -> str:
    """Return an expression as text; for a name, what is assigned to it. '' if there is none."""
    if node is None or (isinstance(node, ast.Constant) and node.value is None):
        return ""
    if isinstance(node, ast.Name):
        for statement in (*(one for outer in body for one in ast.walk(outer)), *module.statements):
            pair = assigned(statement) if isinstance(statement, ast.stmt) else None
            if pair and pair[0] == node.id:
                return ast.unparse(pair[1])
    return ast.unparse(node)
