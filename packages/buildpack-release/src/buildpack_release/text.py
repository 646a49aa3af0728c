"""Plain text for people: columns, sizes, durations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildpack_common.terminal_text import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

_KIBI = 1024
_MINUTE = 60


def columns(rows: Sequence[Sequence[str]]) -> str:
    """Align rows of equal length in columns, two blanks between them, no blanks at the ends of lines."""
    rows = [[one_line(cell) for cell in row] for row in rows]
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "".join(f"{line.rstrip()}\n" for line in lines)


def size(count: int) -> str:
    """Return a number of bytes in words, such as `12.3 MiB`."""
    if count < _KIBI:
        return f"{count} B"
    value, units = count / _KIBI, ["KiB", "MiB", "GiB"]
    while value >= _KIBI and len(units) > 1:
        value /= _KIBI
        units.pop(0)
    return f"{value:.1f} {units[0]}"


def duration(seconds: float) -> str:
    """Format a time span, such as `0.4 s` or `2 min 05 s`."""
    if seconds < _MINUTE:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), _MINUTE)
    return f"{minutes} min {rest:02} s"
