"""``wsgi_app`` in ``gunicorn.conf.py`` (gunicorn documentation, 'Settings'): gunicorn knows what to start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_start.inference.candidate import Candidate, Strength, with_shell
from app_start.inference.module import assigned, constant

if TYPE_CHECKING:
    from app_start.inference.served import Findings

_FILE = "gunicorn.conf.py"


def find(findings: Findings) -> list[Candidate]:
    """Return gunicorn with its configuration, if that names an app."""
    project = findings.project
    module = project.module(project.top / _FILE) if (project.top / _FILE).is_file() else None
    settings = dict(pair for node in module.statements if (pair := assigned(node))) if module else {}
    name = constant(settings.get("wsgi_app"))
    if not name or module is None:
        return []
    evidence = f"{_FILE} has wsgi_app = {name!r}"
    if not project.environment.has("gunicorn"):
        return [Candidate(Strength.SAID, evidence, missing="gunicorn is not installed: add it", root=_FILE)]
    evidence = f"{evidence}; {project.environment.label('gunicorn')} is installed"
    if "bind" in settings and "PORT" not in module.text:
        command, shown = with_shell('gunicorn --bind "0.0.0.0:$PORT"')
        return [Candidate(Strength.SAID, evidence, command=command, shown=shown, root=_FILE)]
    return [Candidate(Strength.SAID, evidence, command=("gunicorn",), shown="gunicorn", root=_FILE)]
