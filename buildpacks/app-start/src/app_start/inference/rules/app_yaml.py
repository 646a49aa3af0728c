"""``entrypoint`` in ``app.yaml`` (Google App Engine, 'app.yaml reference'): a line of shell."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app_start.inference.candidate import Candidate, Strength
from app_start.processes import WEB
from app_start.procfile import checked_command

if TYPE_CHECKING:
    from app_start.inference.served import Findings

_FILE = "app.yaml"
_RUNTIME = re.compile(r"(?m)^runtime\s*:\s*[\"']?python")
_ENTRYPOINT = re.compile(r"(?m)^entrypoint[ \t]*:[ \t]*(.+?)[ \t]*(?:[ \t]#.*)?$")


def find(findings: Findings) -> list[Candidate]:
    """Return the command. A value that is not on the same line, as a mapping's, is none."""
    path = findings.project.top / _FILE
    if not path.is_file():
        return []
    text = path.read_text("utf-8", "replace")
    found = _ENTRYPOINT.search(text) if _RUNTIME.search(text) else None
    line = found[1] if found else ""
    if line[:1] in ("'", '"') and line.endswith(line[:1]):
        line = line[1:-1]
    if not line or line[0] in "|>{[&*!":
        return []
    evidence = f"entrypoint in {_FILE}"
    command = checked_command(line, WEB, evidence)
    return [Candidate(Strength.SAID, evidence, command=command.command, shown=line, root=_FILE)]
