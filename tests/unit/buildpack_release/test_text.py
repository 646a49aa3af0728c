from __future__ import annotations

import pytest

from buildpack_release.text import columns, duration, size


def test_columns_are_aligned_without_trailing_blanks() -> None:
    """Lines can be compared and copied."""
    assert columns([("a", "bb", "c"), ("aaa", "b", "")]) == "a    bb  c\naaa  b\n"


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (13_000_000, "12.4 MiB"),
        (5 << 30, "5.0 GiB"),
        (5 << 42, "20480.0 GiB"),
    ],
)
def test_size(count: int, text: str) -> None:
    """Binary units, the largest stays."""
    assert size(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.04, "0.0 s"), (59.94, "59.9 s"), (60, "1 min 00 s"), (125.4, "2 min 05 s")]
)
def test_duration(seconds: float, text: str) -> None:
    """Seconds with a tenth, then minutes."""
    assert duration(seconds) == text


def test_a_cell_is_one_line_whoever_wrote_it() -> None:
    """What is in a pull request must not look like rows of ours, nor drive the terminal."""
    assert columns([("a", "1.0\n::error::x"), ("b\x1b[31m", "c")]) == (
        "a          1.0\\n::error::x\nb\\x1b[31m  c\n"
    )
