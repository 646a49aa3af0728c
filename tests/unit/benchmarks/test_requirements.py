"""Requirements of the measurements: what is installed, and its hashes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.bench import DIRECT, PINNED
from benchmarks.requirements import hashed, locked, names
from support.wheels import Project, make_wheel, sha256

if TYPE_CHECKING:
    from pathlib import Path


def test_locked_pins_have_the_hashes_of_all_their_wheels(tmp_path: Path) -> None:
    """Names are compared as indexes compare them; comments and blank lines are no pins."""
    wheel = make_wheel(Project("two-words", "2.0"), tmp_path)
    other = tmp_path / "two_words-2.0-cp313-cp313-linux_x86_64.whl"
    other.write_bytes(b"another")
    pins = tmp_path / "requirements.txt"
    pins.write_text("# why\n\nTwo_Words==2.0\n")
    expected = f"two-words==2.0 --hash=sha256:{sha256(wheel)} --hash=sha256:{sha256(other)}\n"
    assert locked(pins, [wheel, other]) == expected


def test_a_pin_without_a_wheel_is_a_fault(tmp_path: Path) -> None:
    """A silently shorter list would be a faster installation."""
    pins = tmp_path / "requirements.txt"
    pins.write_text("missing==1.0\n")
    with pytest.raises(KeyError):
        locked(pins, [])


def test_hashed_takes_all_wheels(tmp_path: Path) -> None:
    """Each release is a line."""
    wheels = [make_wheel(Project(name), tmp_path) for name in ("a", "b")]
    assert hashed(wheels).splitlines() == [f"{w.name[0]}==1.0 --hash=sha256:{sha256(w)}" for w in wheels]


def test_what_is_asked_for_is_pinned() -> None:
    """The pinned file is the closure of the direct one: each direct requirement has its pin."""
    pinned = {pin.partition("==")[0] for pin in names(PINNED)}
    assert set(names(DIRECT)) <= pinned
    assert all("==" in pin for pin in names(PINNED))
