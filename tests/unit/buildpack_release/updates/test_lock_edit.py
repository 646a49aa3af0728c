"""Locking another release: one pin changes, nothing else of the file."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from buildpack_release.updates.lock_edit import relock
from buildpack_release.updates.wheel_release import WheelRelease
from buildpack_release.wheels.lock_file import Pin, parse_lock

PATH = Path("vendor.lock")
OLD, NEW = "0" * 64, "1" * 64
RELEASE = WheelRelease("two", Version("2.0"), NEW)
LINES = ["# a comment", "", "   ", f"one==1.0 --hash=sha256:{OLD}", f"three==3 --hash=sha256:{OLD} # why"]


def pin(text: str, name: str = "two") -> Pin:
    return next(one for one in parse_lock(text, PATH) if one.name == name)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"two==1.0 --hash=sha256:{OLD}", f"two==2.0 --hash=sha256:{NEW}"),
        (f"  two==1.0 --hash=sha256:{OLD}  # why\r\n", f"  two==2.0 --hash=sha256:{NEW}  # why\r\n"),
        (
            f"two==1.0 \\\n  --hash=sha256:{OLD} \\\n  --hash=sha256:{OLD}\nlast==1 --hash=sha256:{OLD}\n",
            f"two==2.0 --hash=sha256:{NEW}\nlast==1 --hash=sha256:{OLD}\n",
        ),
    ],
)
def test_comments_and_line_ends_stay_and_continued_lines_become_one(before: str, after: str) -> None:
    assert relock(before, pin(before), RELEASE) == after


@given(st.permutations([*LINES, f"two==1.0 --hash=sha256:{OLD}"]), st.booleans())
def test_only_that_pin_changes(lines: list[str], ends: bool) -> None:
    """Wherever it stands; what is locked then is what was asked for."""
    text = "\n".join(lines) + "\n" * ends
    changed = relock(text, pin(text), RELEASE)
    expected = [f"two==2.0 --hash=sha256:{NEW}" if "two" in line else line for line in lines]
    assert changed == "\n".join(expected) + "\n" * ends
    found = pin(changed)
    assert (found.version, found.digests, found.line) == ("2.0", (NEW,), pin(text).line)
    assert [str(one) for one in parse_lock(changed, PATH) if one.name != "two"] == [
        str(one) for one in parse_lock(text, PATH) if one.name != "two"
    ]
