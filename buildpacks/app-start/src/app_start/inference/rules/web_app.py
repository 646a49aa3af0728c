"""Objects of web frameworks, and functions that make one, where apps have them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from app_start.inference.candidate import Candidate
    from app_start.inference.project import Project
    from app_start.inference.served import Findings
    from app_start.inference.web_objects import WebObject

_DEPLOYED = ("wsgi.py", "asgi.py")
_USUAL = (
    "main.py", "app.py", "application.py", "server.py", "api.py", "autoapp.py", "run.py", "index.py",
    "web.py",
)  # fmt: skip
_OF_PACKAGES = (*_DEPLOYED, *_USUAL, "__init__.py")


def find(findings: Findings) -> list[Candidate]:
    """Return the app of the nearest kind of file that has one; all of them, if they are different apps."""
    project, objects = findings.project, findings.objects
    waiting: dict[object, WebObject] = {}  # for ever, if a server imported their file
    for files in _tiers(project):
        found: dict[object, WebObject] = {}
        mounted = frozenset(root for path in files for root in objects.mounted(path))
        for path in files:
            one = objects.main_of(path)
            several = objects.several_of(path) if one is None else (one,)
            for other in several:
                if other.root in mounted or _is_django(project, other):
                    continue
                kept = waiting if findings.runs_on_import(other) else found
                kept.setdefault(other.root, other)
        if waiting:  # another file may have the same app
            found = {root: one for root, one in found.items() if root in waiting}
        if found:
            weak = not any(path.name in _OF_PACKAGES or path.name == _own_name(project) for path in files)
            return [replace(findings.served(one), weak=weak) for one in found.values()]
    return [findings.served(one) for one in waiting.values()]


def _tiers(project: Project) -> list[list[Path]]:
    """Return the files in which an app is looked for: those that say what they are for come first."""
    top = {path.name: path for path in project.top_files}
    own = _own_name(project)
    below = [path for path in project.files if path.parent != project.top and path.name in _OF_PACKAGES]
    tiers = [
        [top[name] for name in _DEPLOYED if name in top],
        [top[name] for name in dict.fromkeys((*_USUAL, own)) if name in top],
        [path for name, path in top.items() if name not in {*_DEPLOYED, *_USUAL, own}],
    ]
    depths = sorted({len(path.parts) for path in below})
    nested = [sorted((path for path in below if len(path.parts) == depth), key=_order) for depth in depths]
    others = [path for path in project.files if path.parent != project.top and path.name not in _OF_PACKAGES]
    return [*tiers, *nested, others]


def _own_name(project: Project) -> str:
    """Return what a file with the project's own name is called."""
    named = project.table("project").get("name")
    return f"{named}.py".replace("-", "_") if isinstance(named, str) else ""


def _order(path: Path) -> tuple[int, str]:
    return _OF_PACKAGES.index(path.name), str(path)


def _is_django(project: Project, one: WebObject) -> bool:
    """Whether Django's own rule knows more about it."""
    return one.framework.name == "Django" and any(path.name == "manage.py" for path in project.files)
