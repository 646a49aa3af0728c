"""The list of what may be moved: written, read, and refused when it is something else."""

from __future__ import annotations

import hashlib
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


def test_metadata_are_those_of_the_distribution_and_not_of_what_it_carries(tmp_path: Path) -> None:
    """setuptools, for one, carries other distributions along, with their metadata."""
    site = "lib/python3.13/site-packages"
    own, carried = f"{site}/zz-1.0.dist-info", f"{site}/a/_vendor/b-1.0.dist-info"
    digest = hashlib.sha256(b"Name: zz").hexdigest()
    files = {f"{one}/METADATA": ListedFile(0o644, 8, digest) for one in (carried, own)}
    listed = ListedDistribution("zz", "1.0", "", requested=False, files=files)
    assert listed.metadata == own
    assert not listed.has_metadata(tmp_path)
    (tmp_path / own).mkdir(parents=True)
    (tmp_path / own / "METADATA").write_bytes(b"Name: zz")
    assert listed.has_metadata(tmp_path)
    (tmp_path / own / "METADATA").write_bytes(b"Name: yy")
    assert not listed.has_metadata(tmp_path)


def test_a_distribution_may_have_no_metadata(tmp_path: Path) -> None:
    listed = ListedDistribution("left", "1.0", "", requested=False, files=FILES)
    assert (listed.metadata, listed.has_metadata(tmp_path)) == ("", False)
