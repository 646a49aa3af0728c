"""Changing what a platform restores: another one, or an earlier buildpack, may have left something else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from buildpack_testing.platform import LocalPlatform


def change_restored(platform: LocalPlatform, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Put every table that the platform keeps through ``change``."""
    for file in platform.workspace.store.rglob("*.json"):
        file.write_text(json.dumps(json.loads(file.read_text(), object_hook=change)))


def change_metadata(platform: LocalPlatform, name: str, value: object) -> None:
    """Replace an entry in the metadata of each layer that has it; None removes it."""

    def change(table: dict[str, Any]) -> dict[str, Any]:
        metadata = table.get("metadata")
        if not isinstance(metadata, dict) or name not in metadata:
            return table
        others = {key: kept for key, kept in metadata.items() if key != name}
        return {**table, "metadata": others if value is None else {**others, name: value}}

    change_restored(platform, change)
