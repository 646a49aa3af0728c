"""marimo: a notebook in a Python file that ``marimo run`` shows as an app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_start.inference.ui_programs import UserInterface

if TYPE_CHECKING:
    from app_start.inference.candidate import Candidate
    from app_start.inference.served import Findings

_MARIMO = UserInterface(
    "marimo",
    "marimo",
    ("app.py", "main.py", "notebook.py"),
    'marimo run --headless --host 0.0.0.0 --port "$PORT" {}',
    (".App(",),
)


def find(findings: Findings) -> list[Candidate]:
    """Return the file."""
    return _MARIMO.candidates(findings)
