"""Servers: which one is installed for an app, and how it listens on all addresses and ``$PORT``.

Each has its own way, and only gunicorn reads the variable itself; so with the others a shell fills it in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app_start.inference.candidate import with_forwarding, with_shell
from app_start.inference.frameworks import Interface

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app_start.inference.project import Project

_GUNICORN_ASGI = (24,)  # the first gunicorn with an ASGI worker of its own
_CONFIGURATION = "gunicorn.conf.py"
_CLIENTS = 100  # Flask-SocketIO documentation, 'Gunicorn Web Server'


@dataclass(frozen=True)
class Target:
    """What a server is given: a module and a name in it."""

    module: str
    name: str
    interface: Interface
    factory: bool = False
    is_async: bool = False
    directory: Path | None = None

    @property
    def spec(self) -> str:
        """The usual form, ``module:name``."""
        return f"{self.module}:{self.name}"


@dataclass(frozen=True)
class Served:
    """How a server is started; ``server`` names it with its version."""

    command: tuple[str, ...]
    shown: str
    server: str


@dataclass(frozen=True)
class _Server:
    distribution: str
    line: Callable[[Target, Project], str]
    """Its command; empty if this server cannot do that."""
    last: bool = False
    """Only where there is no other: it is new, or does it by the way."""
    knows_sigterm: bool = True


def serve(target: Target, project: Project) -> Served | None:
    """Return how to serve an app with what is installed; None if nothing is that can.

    What the app asks for by name comes before what only another package brought along.
    """
    environment = project.environment
    usable = [
        (one, line)
        for one in _SERVERS[target.interface]
        if environment.has(one.distribution) and (line := one.line(target, project))
    ]
    if not usable:
        return None
    server, line = min(
        usable, key=lambda one: (one[0].last, not environment.distributions[one[0].distribution].requested)
    )
    label = environment.label(server.distribution)
    if "$PORT" not in line:
        return Served(tuple(line.split(" ")), line, label)
    line = re.sub(r" ([^ ]*[()][^ ]*)", r" '\1'", line)
    command, shown = with_shell(line) if server.knows_sigterm else with_forwarding(line)
    return Served(command, shown, label)


def advice(interface: Interface) -> str:
    """Return the line of requirements that brings a server."""
    return "uvicorn" if interface is Interface.ASGI else "gunicorn"


def _call(target: Target) -> str:
    return f"{target.spec}()" if target.factory else target.spec


def _configured(target: Target, project: Project) -> str:
    try:
        return (target.directory or project.top).joinpath(_CONFIGURATION).read_text("utf-8", "replace")
    except OSError:
        return ""


def _has(setting: str, text: str) -> bool:
    return re.search(rf"(?m)^\s*{setting}\s*=", text) is not None


def _gunicorn(worker: str = "") -> Callable[[Target, Project], str]:
    def line(target: Target, project: Project) -> str:
        configured = _configured(target, project)
        options = f"--worker-class {worker} " if worker and not _has("worker_class", configured) else ""
        bind = "--bind 0.0.0.0:$PORT " if _has("bind", configured) and "PORT" not in configured else ""
        if project.environment.has("flask-socketio") and not _has("(worker_class|threads)", configured):
            options = f"--threads {_CLIENTS} "  # each open WebSocket takes one
        spec = target.spec if target.is_async else _call(target)
        return f"gunicorn {bind}{options}{spec}"

    return line


def _gunicorn_for_asgi(target: Target, project: Project) -> str:
    """Use what the app has for that: uvicorn's worker, or the one that its configuration names."""
    environment = project.environment
    if _has("worker_class", _configured(target, project)):
        return _gunicorn()(target, project)
    return (
        _gunicorn("uvicorn_worker.UvicornWorker")(target, project)
        if environment.has("uvicorn-worker")
        else ""
    )


def _gunicorn_alone(target: Target, project: Project) -> str:
    fits = project.environment.version("gunicorn") >= _GUNICORN_ASGI
    return _gunicorn("asgi")(target, project) if fits else ""


def _uvicorn(target: Target, _project: Project) -> str:
    factory = "--factory " if target.factory else ""
    return f'uvicorn --host 0.0.0.0 --port "$PORT" {factory}{target.spec}'


def _granian(interface: str) -> Callable[[Target, Project], str]:
    def line(target: Target, _project: Project) -> str:
        factory = "--factory " if target.factory else ""
        return f'granian --interface {interface} --host 0.0.0.0 --port "$PORT" {factory}{target.spec}'

    return line


def _hypercorn(prefix: str = "") -> Callable[[Target, Project], str]:
    def line(target: Target, _project: Project) -> str:
        return f'hypercorn --bind "0.0.0.0:$PORT" {prefix}{_call(target)}'

    return line


def _waitress(target: Target, _project: Project) -> str:
    call = "--call " if target.factory else ""
    return f'waitress-serve --host 0.0.0.0 --port "$PORT" {call}{target.spec}'


def _uwsgi(target: Target, _project: Project) -> str:
    return f'uwsgi --http-socket "0.0.0.0:$PORT" --master --die-on-term --module {_call(target)}'


def _daphne(target: Target, _project: Project) -> str:
    return "" if target.factory else f'daphne --bind 0.0.0.0 --port "$PORT" {target.spec}'


def _sanic(target: Target, _project: Project) -> str:
    factory = "--factory " if target.factory else ""
    # Its manager of workers wants a directory for temporary files, and forgets a SIGTERM that comes early.
    return f'sanic --single-process --host 0.0.0.0 --port "$PORT" {factory}{target.spec}'


_SERVERS = {
    Interface.WSGI: (
        _Server("gunicorn", _gunicorn()),
        _Server("granian", _granian("wsgi")),
        _Server("waitress", _waitress, knows_sigterm=False),
        _Server("uwsgi", _uwsgi),
        _Server("pyuwsgi", _uwsgi),
        _Server("hypercorn", _hypercorn("wsgi:"), last=True),
    ),
    Interface.ASGI: (
        _Server("gunicorn", _gunicorn_for_asgi),
        _Server("uvicorn", _uvicorn),
        _Server("granian", _granian("asgi")),
        _Server("hypercorn", _hypercorn()),
        _Server("daphne", _daphne),
        _Server("gunicorn", _gunicorn_alone, last=True),
    ),
    Interface.AIOHTTP: (_Server("gunicorn", _gunicorn("aiohttp.GunicornWebWorker")),),
    Interface.SANIC: (_Server("sanic", _sanic), _Server("uvicorn", _uvicorn)),
    Interface.NONE: (),
}
"""The first that is installed and can do it."""
