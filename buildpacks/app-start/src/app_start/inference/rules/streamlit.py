"""Streamlit: a script that ``streamlit run`` executes for each visitor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_start.inference.ui_programs import UserInterface

if TYPE_CHECKING:
    from app_start.inference.candidate import Candidate
    from app_start.inference.served import Findings

_STREAMLIT = UserInterface(
    "streamlit",
    "streamlit",
    ("streamlit_app.py", "app.py", "main.py", "Home.py", "home.py", "Hello.py"),
    'streamlit run --server.headless true --server.address 0.0.0.0 --server.port "$PORT" {}',
)


def find(findings: Findings) -> list[Candidate]:
    """Return the script."""
    return _STREAMLIT.candidates(findings)
