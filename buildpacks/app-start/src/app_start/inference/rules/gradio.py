"""Gradio: a program whose ``launch()`` takes address and port from its own variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_start.inference.ui_programs import UserInterface

if TYPE_CHECKING:
    from app_start.inference.candidate import Candidate
    from app_start.inference.served import Findings

_GRADIO = UserInterface(
    "gradio",
    "gradio",
    ("app.py", "main.py", "demo.py"),
    'GRADIO_SERVER_NAME=0.0.0.0 GRADIO_SERVER_PORT="$PORT" python {}',
    (".launch(",),
    knows_sigterm=False,
    port_argument="server_port",
)


def find(findings: Findings) -> list[Candidate]:
    """Return the program."""
    return _GRADIO.candidates(findings)
