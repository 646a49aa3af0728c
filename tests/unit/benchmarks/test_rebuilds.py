"""What a rebuild is told to have written and taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.bench import APPS, CHANGED, PINNED, ROOT
from benchmarks.rebuilds import files_of, phases, swapped, written_since
from benchmarks.requirements import pins

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_linked_or_renamed_is_not_written(tmp_path: Path) -> None:
    """The lifecycle links what it keeps of a cache into a new directory, and that one takes its place."""
    kept, new = tmp_path / "kept", tmp_path / "new"
    for folder in (kept, new):
        folder.mkdir()
    (kept / "layer.tar").write_bytes(b"12345")
    before = files_of(kept)
    (new / "other name.tar").hardlink_to(kept / "layer.tar")
    (new / "layer.tar").write_bytes(b"123")
    assert written_since(before, new) == 3


def test_phases_are_read_as_the_lifecycle_says_them() -> None:
    """Go writes minutes and seconds one after the other."""
    said = "Timer: Builder started at x\nTimer: Builder ran for 1m2.5s and ended at x\n"
    assert phases(f"{said}Timer: Restorer ran for 12.5ms and ended at x\n") == {
        "builder": 62.5,
        "restorer": 0.0125,
    }


@pytest.mark.parametrize(
    ("requirements", "name"),
    [
        (PINNED, "whitenoise"),
        (APPS / "flask" / "requirements.txt", "click"),
        (ROOT / "tests/fixtures/projects/heavy/requirements.txt", "idna"),
        (ROOT / "tests/benchmarks/requirements-cuda.txt", "idna"),
        (ROOT / "tests/benchmarks/requirements-tensorflow.txt", "idna"),
    ],
)
def test_a_change_changes_one_package(requirements: Path, name: str) -> None:
    """Else a build that changes nothing would be measured."""
    before = pins(requirements.read_text())
    after = swapped(before, name)
    assert [one for one in before if before[one] != after[one]] == [name]
    assert list(before) == list(after)
    assert after[name] == pins(CHANGED.read_text())[name]


def test_peers_are_programs_that_lint_looks_at() -> None:
    """They are started in a container; what they do is compared with ours, so it should be what it seems."""
    programs = sorted((ROOT / "tests/benchmarks/peers").glob("*/bin/*"))
    assert [one.name for one in programs] == ["build", "detect"] * 2
    assert all(program.stat().st_mode & 0o111 for program in programs)
    noxfile = (ROOT / "noxfile.py").read_text()
    assert all(f'"{program.parts[-3]}"' in noxfile for program in programs)
