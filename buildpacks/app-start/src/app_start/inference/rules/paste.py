"""PasteDeploy: ``production.ini`` says what the app is, to ``pserve`` and gunicorn (Pyramid and others)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app_start.inference.candidate import Candidate, Strength, with_shell

if TYPE_CHECKING:
    from app_start.inference.served import Findings

_FILE = "production.ini"
_APP = re.compile(r"(?m)^\[(?:app|composite|pipeline):main\]")
_ADDRESS = re.compile(r"(?m)^\s*(?:listen|port|bind)\s*=.*%\((\w+)\)s")
"""Where it listens is told from outside: ``listen = *:%(http_port)s``."""


def find(findings: Findings) -> list[Candidate]:
    """Return ``pserve`` if the file leaves the port to its caller, else gunicorn."""
    project = findings.project
    try:
        text = (project.top / _FILE).read_text("utf-8", "replace")
    except OSError:
        return []
    if not _APP.search(text):
        return []
    evidence, environment = f"{_FILE} has [app:main]", project.environment
    variable = _ADDRESS.search(text)
    if variable and environment.program("pserve"):
        command, shown = with_shell(f'pserve {_FILE} {variable[1]}="$PORT"')
        evidence = f"{evidence}, and its server listens at {variable[1]}"
        return [Candidate(Strength.FOUND, evidence, command=command, shown=shown, root=_FILE)]
    if environment.has("gunicorn", "pastedeploy"):
        line = f"gunicorn --paste {_FILE} --bind 0.0.0.0:$PORT"
        command, shown = with_shell(line)
        evidence = f"{evidence}; {environment.label('gunicorn')} is installed"
        return [Candidate(Strength.FOUND, evidence, command=command, shown=shown, root=_FILE)]
    missing = "no server that listens at $PORT is installed for it: add gunicorn to what the app requires"
    return [Candidate(Strength.FOUND, evidence, missing=missing, root=_FILE)]
