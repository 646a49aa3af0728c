"""The list of what may be moved: written, read, and refused when it is something else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from app_venv.unchanged.inventory import FILE, Inventory, ListedDistribution, ListedFile, read_inventory

if TYPE_CHECKING:
    from pathlib import Path

FILES = {"lib/a b.py": ListedFile(0o644, 3, "ab" * 32), "bin/\udcff": ListedFile(0o755, 0, "cd" * 32)}
INVENTORY = Inventory(
    ("4", "3.13"),
    ("3.13.1", "main"),
    (ListedDistribution("left", "1.0", "sha256:ab", requested=True, files=FILES),),
)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    INVENTORY.write(tmp_path)
    assert read_inventory(tmp_path) == INVENTORY


@pytest.mark.parametrize(
    "change",
    [
        {"distributions": [{}]},
        {"distributions": {"left": 1}},
        {"made_for": None},
        {"python": 3},
        {"distributions": [{"name": "left", "files": {"a": [1, 2]}}]},
        {"distributions": [{"name": "left", "files": {"a": [float("inf"), 2, ""]}}]},
    ],
)
def test_anything_else_is_none(tmp_path: Path, change: dict[str, object]) -> None:
    """It comes from a cache: what is no list only costs time."""
    assert read_inventory(tmp_path) is None
    INVENTORY.write(tmp_path)
    file = tmp_path / FILE
    file.write_text(json.dumps({**json.loads(file.read_text()), **change}))
    assert read_inventory(tmp_path) is None
    file.write_text("{")
    assert read_inventory(tmp_path) is None
    file.write_bytes(b"\xff")
    assert read_inventory(tmp_path) is None


@pytest.mark.parametrize("path", ["/etc/passwd", "../outside", "lib/../../outside"])
def test_no_path_leads_out_of_the_environment(tmp_path: Path, path: str) -> None:
    files = {path: ListedFile(0o644, 0, "")}
    Inventory((), (), (ListedDistribution("left", "1.0", "", requested=False, files=files),)).write(tmp_path)
    assert read_inventory(tmp_path) is None
