"""The status, for people and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from buildpack_release.text import columns

if TYPE_CHECKING:
    from buildpack_release.releasing.status import Status


def status_table(status: Status) -> str:
    """Return the status as a table."""
    rows = [("STEP", "STATE", "WHAT WAS FOUND")]
    rows += [(row.step, row.state.value, row.text.partition("\n")[0]) for row in status.rows]
    return columns(rows)


def status_data(status: Status) -> dict[str, Any]:
    """Return the status as data."""
    return {
        "released": status.is_released,
        "steps": [
            {"step": row.step, "state": row.state.value, "text": row.text, "commands": list(row.commands)}
            for row in status.rows
        ],
    }
