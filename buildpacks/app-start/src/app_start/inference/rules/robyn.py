"""Robyn: a program whose ``start()`` takes address and port from its own variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_start.inference.ui_programs import UserInterface

if TYPE_CHECKING:
    from app_start.inference.candidate import Candidate
    from app_start.inference.served import Findings

_ROBYN = UserInterface(
    "robyn",
    "robyn",
    ("app.py", "main.py", "server.py"),
    'ROBYN_HOST=0.0.0.0 ROBYN_PORT="$PORT" python {}',
    (".start(",),
    knows_sigterm=False,
)


def find(findings: Findings) -> list[Candidate]:
    """Return the program."""
    return _ROBYN.candidates(findings)
