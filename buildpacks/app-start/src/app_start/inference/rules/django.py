"""Django: ``manage.py`` names the settings, these the application (Django documentation, 'Deployment')."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app_start.inference.candidate import Candidate, Strength
from app_start.inference.frameworks import DJANGO_WSGI, Interface
from app_start.inference.module import assigned, constant
from app_start.inference.servers import Target, serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app_start.inference.module import Module
    from app_start.inference.project import Project
    from app_start.inference.served import Findings

_MANAGE = "manage.py"
_VARIABLE = "DJANGO_SETTINGS_MODULE"
_SETTINGS = {Interface.WSGI: "WSGI_APPLICATION", Interface.ASGI: "ASGI_APPLICATION"}


def find(findings: Findings) -> list[Candidate]:
    """Return the application and, for whoever asks for it, the command that changes the database."""
    project = findings.project
    found = [path for path in project.files if path.name == _MANAGE and _settings_of(project.module(path))]
    nearest = min((len(path.parts) for path in found), default=0)
    candidates = []
    for path in found:
        if len(path.parts) == nearest:
            candidates.append(_application(findings, path))
            if project.environment.has("django"):
                candidates.append(_migrate(project, path))
    return candidates


@dataclass(frozen=True)
class _Application:
    """What a server is given, and how it is known."""

    target: Target
    evidence: str


def _application(findings: Findings, manage: Path) -> Candidate:
    project, top = findings.project, manage.parent
    settings = project.variables.get(_VARIABLE, "").strip() or _settings_of(project.module(manage))
    shown = project.shown(manage)
    applications = [one for kind in _SETTINGS for one in _found(project, top, settings, kind)]
    chosen = _choice(project, applications)
    if chosen is None:
        missing = f"neither {settings} nor a wsgi.py beside it says what its application is"
        return Candidate(Strength.FOUND, f"{shown} has {settings}", missing=missing, root=manage)
    evidence = f"{shown} has {settings}, {chosen.evidence}"
    return findings.target(chosen.target, DJANGO_WSGI, evidence, Strength.FOUND, root=manage)


def _choice(project: Project, applications: list[_Application]) -> _Application | None:
    """Return WSGI, unless only ASGI can be served, or the app is one of Channels, which needs it."""
    if project.environment.has("channels"):
        applications = sorted(applications, key=lambda one: one.target.interface is not Interface.ASGI)
        return applications[0] if applications else None
    served = [one for one in applications if serve(one.target, project) is not None]
    return next(iter(served or applications), None)


def _found(project: Project, top: Path, settings: str, kind: Interface) -> Iterator[_Application]:
    """Yield the application that the settings name, else that of the file beside them."""
    directory = None if top == project.top else top
    named = _named(project, top, settings, _SETTINGS[kind])
    if named:
        module, _, name = named.rpartition(".")
        if project.find(module, top) is not None:
            yield _Application(
                Target(module, name, kind, directory=directory), f"this {_SETTINGS[kind]} = {named}"
            )
        return
    package = settings
    while package:
        package = package.rpartition(".")[0]
        module = f"{package}.{kind.value}" if package else kind.value
        path = project.find(module, top)
        found = project.module(path) if path else None
        pairs = map(assigned, found.statements if found else ())
        if path and any(pair and pair[0] == "application" for pair in pairs):
            target = Target(module, "application", kind, directory=directory)
            yield _Application(target, f"{project.shown(path)} is its application")
            return


def _named(project: Project, top: Path, settings: str, name: str) -> str:
    """Return a setting, wherever in the package of the settings it stands."""
    path = project.find(settings, top)
    files = [path] if path else []
    if path:
        module = project.module(path)
        for imported, level in module.imports.values() if module else ():
            base = imported.removesuffix(".*")
            other = project.resolve(module, base, level) if module else None
            files += [other] if other else []
        if "." in settings.rpartition(".")[0]:  # a package of settings, one file for each place
            files += sorted(path.parent.glob("*.py"))
    for file in dict.fromkeys(files):
        module = project.module(file)
        for node in module.statements if module else ():
            pair = assigned(node)
            if pair and pair[0] == name and constant(pair[1]):
                return constant(pair[1])
    return ""


def _settings_of(module: Module | None) -> str:
    """Return what ``os.environ.setdefault("DJANGO_SETTINGS_MODULE", ...)`` names."""
    for node in ast.walk(module.tree) if module else ():
        if isinstance(node, ast.Call) and node.args[1:] and constant(node.args[0]) == _VARIABLE:
            return _text(node.args[1])
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
            named = constant(node.targets[0].slice)
            if named == _VARIABLE:
                return _text(node.value)
    return ""


def _text(node: ast.expr) -> str:
    """Return a text, or the default in ``os.environ.get(NAME, default)`` and the like."""
    if isinstance(node, ast.Call) and node.args[1:]:
        return constant(node.args[1])
    return constant(node)


def _migrate(project: Project, manage: Path) -> Candidate:
    directory = None if manage.parent == project.top else manage.parent
    command = ("python", _MANAGE, "migrate", "--noinput")
    evidence = f"{project.shown(manage)}; nothing runs it by itself"
    return Candidate(
        Strength.NEVER, evidence, "migrate", command, directory=directory, root=(manage, "migrate")
    )
