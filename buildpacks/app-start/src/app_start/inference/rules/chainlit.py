"""Chainlit: a file with handlers (``@cl.on_message``) that ``chainlit run`` serves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_start.inference.ui_programs import UserInterface

if TYPE_CHECKING:
    from app_start.inference.candidate import Candidate
    from app_start.inference.served import Findings

_CHAINLIT = UserInterface(
    "chainlit",
    "chainlit",
    ("app.py", "main.py", "chainlit_app.py"),
    'chainlit run --headless --host 0.0.0.0 --port "$PORT" {}',
    (".on_message", ".on_chat_start", "@on_message", "@on_chat_start"),
)


def find(findings: Findings) -> list[Candidate]:
    """Return the file."""
    return _CHAINLIT.candidates(findings)
