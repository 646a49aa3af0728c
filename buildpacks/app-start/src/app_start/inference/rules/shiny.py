"""Shiny for Python: a file with an ``App``, or written with Shiny Express, that ``shiny run`` serves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_start.inference.ui_programs import UserInterface

if TYPE_CHECKING:
    from app_start.inference.candidate import Candidate
    from app_start.inference.served import Findings

_SHINY = UserInterface(
    "shiny",
    "shiny",
    ("app.py", "main.py"),
    'shiny run --host 0.0.0.0 --port "$PORT" {}',
    ("App(", "shiny.express"),
)


def find(findings: Findings) -> list[Candidate]:
    """Return the file."""
    return _SHINY.candidates(findings)
