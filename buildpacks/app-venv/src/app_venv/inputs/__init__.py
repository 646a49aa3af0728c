"""What the app wants installed, whatever kind of file says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

PYPROJECT = "pyproject.toml"
PDM_LOCK, PIPFILE_LOCK = "pdm.lock", "Pipfile.lock"

MANAGER_LOCKS: Mapping[str, str] = {PDM_LOCK: "pdm lock", PIPFILE_LOCK: "pipenv lock"}
"""Lock files of other managers that are read for pip, and what makes each of them anew."""


def manager_lock(name: str) -> str:
    """Return which of them a path leads to, or nothing."""
    base = name.rpartition("/")[2]
    return base if base in MANAGER_LOCKS else ""
