"""Programs: ``__main__.py``, then a file with ``if __name__ == "__main__":``, or one that ends in a loop."""

from __future__ import annotations

import ast
import shlex
from typing import TYPE_CHECKING

from app_start.inference.candidate import Candidate, Strength, with_forwarding
from app_start.inference.mcp_server import STDIN, talks_over_stdin
from app_start.inference.program import Program, program_of, reads_command_line
from app_start.processes import WEB

if TYPE_CHECKING:
    from pathlib import Path

    from app_start.inference.module import Module
    from app_start.inference.project import Project
    from app_start.inference.served import Findings
    from app_start.inference.web_objects import WebObject

MAIN = "main"
"""What a program is called that serves nobody."""
_FIRST = ("main.py", "app.py")
_NEVER = frozenset(
    ["asgi.py", "clock.py", "gunicorn.conf.py", "manage.py", "scheduler.py", "worker.py", "wsgi.py"]
)
_SERVERS = (
    "cherrypy", "grpc", "http.server", "nicegui", "socketserver", "tornado", "twisted", "websockets",
    "wsgiref",
)  # fmt: skip
_LISTENS = frozenset({"HTTPServer", "ThreadingHTTPServer", "add_insecure_port", "bind", "listen"})
_ENDLESS = frozenset(
    {
        "run",
        "run_forever",
        "run_polling",
        "serve",
        "start_polling",
        "infinity_polling",
        "serve_forever",
        "mainloop",
        "idle",
    }
)
_DOES = frozenset({"main", "print", "run", "start"})
"""The last call of a file whose name says that it is a program."""
_FOR_DEVELOPMENT = "The framework's own server is for development: add gunicorn to what the app requires."
# Another program runs these: their own rules know how.
_RUN_BY_OTHERS = (
    "azure.functions", "bokeh", "chainlit", "functions_framework", "gradio", "hug", "marimo", "mesop",
    "modal", "panel", "reflex", "robyn", "shiny", "solara", "streamlit",
)  # fmt: skip


def find(findings: Findings) -> list[Candidate]:
    """Return the program that the names of the files tell; all of those, if they tell nothing."""
    project = findings.project
    for files in _tiers(project):
        found = [candidate for path in files if (candidate := _candidate(findings, path)) is not None]
        if found:
            return found
    return []


def _tiers(project: Project) -> list[list[Path]]:
    top = {path.name: path for path in project.top_files}
    packages = [path for path in project.files if path.name == "__main__.py" and path.parent != project.top]
    others = [path for name, path in top.items() if name not in {"__main__.py", *_FIRST}]
    return [
        *([top[name]] for name in ("__main__.py", *_FIRST) if name in top),
        packages,
        others,
        [path for path in project.files if path.parent != project.top and path.name in _FIRST],
    ]


def _candidate(findings: Findings, path: Path) -> Candidate | None:
    project = findings.project
    module = project.module(path)
    if module is None or path.name in _NEVER or any(module.imports_any(name) for name in _RUN_BY_OTHERS):
        return None
    is_called_so = path.name in _FIRST and not findings.objects.of(path)
    number = _start_of(module, is_called_so=is_called_so)
    if not number:
        return None
    shown = project.shown(path)
    evidence = f"{shown} line {number} says how it is started"
    if path.name == "__main__.py":
        evidence = f"{shown} is there to be run"
    line, directory = _line(project, path)
    reader = reads_command_line(module)
    program = program_of(findings.objects, path, "") or Program()
    serves = program.serves or bool(module.imports_any(*_SERVERS) or _reads_port(module))
    strength, kind, note = Strength.MAIN, WEB if serves else MAIN, ""
    if program.app is not None and not program.reachable and _is_found(findings, program.app):
        return None  # another rule says how it is served, or which server it lacks
    if missing := _why_not(program):
        return Candidate(strength, evidence, missing=missing, root=path)
    if program.app is not None:
        evidence, note = f"{evidence}, on all addresses and $PORT", _FOR_DEVELOPMENT
    elif reader and not program.serves:
        strength, kind = Strength.NEVER, MAIN
        evidence = f"{evidence}; it reads its command line ({reader})"
    elif serves and "PORT" not in module.text:
        note = _port_note(module, shown, program)
    elif not serves and talks_over_stdin(project, path.parent):
        note = STDIN.format(shown)
    command, text = with_forwarding(line, kind)
    root = program.app.root if program.app else path
    return Candidate(strength, evidence, kind, command, text, directory, root=root, note=note)


def _is_found(findings: Findings, app: WebObject) -> bool:
    return app.name in findings.objects.of(app.path)


def _why_not(program: Program) -> str:
    """Return why a program is of no use in a container; '' if nothing speaks against it."""
    if program.app is not None and not program.reachable:
        return f"no server finds the app of line {program.app.line}: make it above the main guard"
    if program.own_machine:
        return (
            "it listens to its own machine only: what others can reach has host='0.0.0.0' and "
            f"port=int(os.environ['PORT']) in line {program.line}"
        )
    return ""


def _start_of(module: Module, *, is_called_so: bool) -> int:
    """Return the line where it says how it is started; 0 if it does not.

    ``is_called_so``: its name says that it is a program, and then it is one if it ends in doing something.
    """
    if module.path.name == "__main__.py":
        return 1
    if module.main_guard is not None:
        return module.main_guard.lineno
    last = module.tree.body[-1] if module.tree.body else None
    call = last.value if isinstance(last, ast.Expr) else None
    if isinstance(call, ast.Call):
        imported = module.dotted(call.func).rpartition(".")[2]
        if (call.func.attr if isinstance(call.func, ast.Attribute) else imported) in _ENDLESS:
            return call.lineno
    called = call.func if isinstance(call, ast.Call) else None
    name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
    is_program = isinstance(last, ast.While) or name in _DOES
    return last.lineno if last and is_program and is_called_so else 0


def _port_note(module: Module, shown: str, program: Program) -> str:
    """Return what to say of a program that listens, but does not ask where."""
    title = f"{shown} is not seen to listen at the port of $PORT"
    if program.line:
        return f"{title}: port=int(os.environ['PORT']) in line {program.line} would do."
    calls = (node for node in ast.walk(module.tree) if isinstance(node, ast.Call) and node.args)
    named = (
        (node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", ""), node)
        for node in calls
    )
    line = next((node.lineno for name, node in named if name in _LISTENS), 0)
    return f"{title}: line {line} says another one." if line else f"{title}."


def _reads_port(module: Module) -> bool:
    return any(isinstance(node, ast.Constant) and node.value == "PORT" for node in ast.walk(module.tree))


def _line(project: Project, path: Path) -> tuple[str, Path | None]:
    """Return how it is started: as a module where it belongs to a package, else as a file."""
    if path.parent == project.top:
        return f"python {shlex.quote(path.name)}", None
    place = project.place(path)
    directory = None if place.directory == project.top else place.directory
    if "." in place.name:
        return f"python -m {place.name.removesuffix('.__main__')}", directory
    return f"python {shlex.quote(project.shown(path))}", None
