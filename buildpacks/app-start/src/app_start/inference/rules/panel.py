"""Panel: a file whose ``servable()`` parts ``panel serve`` shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_start.inference.ui_programs import UserInterface

if TYPE_CHECKING:
    from app_start.inference.candidate import Candidate
    from app_start.inference.served import Findings

_PANEL = UserInterface(
    "panel",
    "panel",
    ("app.py", "main.py"),
    'panel serve --address 0.0.0.0 --port "$PORT" {}',
    (".servable(",),
    "Pages of Panel work only under the names that BOKEH_ALLOW_WS_ORIGIN lists when the container starts.",
)


def find(findings: Findings) -> list[Candidate]:
    """Return the file."""
    return _PANEL.candidates(findings)
