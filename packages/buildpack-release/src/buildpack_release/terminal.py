"""What a stream can show: how wide it is, and whether in colour. Only a terminal has a width."""

from __future__ import annotations

import os
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TextIO

_LEAST_WIDTH = 20
_GAP = "  "


class Style(Enum):
    """What a part of a text is, as the parameter of the terminal's sequence (ECMA-48, SGR)."""

    HEADING = "1"
    ERROR = "1;31"


def width_of(stream: TextIO) -> int | None:
    """Return the columns of a terminal, `COLUMNS` before what it says itself; None for files and pipes."""
    if not stream.isatty():
        return None
    told = os.environ.get("COLUMNS", "")
    try:
        columns = int(told) if told.isdecimal() else os.get_terminal_size(stream.fileno()).columns
    except OSError:
        return None
    return max(columns, _LEAST_WIDTH) if columns else None


def has_colour(stream: TextIO) -> bool:
    """Tell whether to write in colour: a terminal, if `NO_COLOR` is not set; anything with `FORCE_COLOR`."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") not in {"", "0"}:
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def styled(text: str, style: Style, stream: TextIO) -> str:
    """Return a text as the stream shows it in a style, unchanged where there is no colour."""
    return f"\x1b[{style.value}m{text}\x1b[0m" if has_colour(stream) else text


def fitted(text: str, stream: TextIO) -> str:
    """Continue lines that are too long for a terminal below the start of their last column.

    Words are never broken: paths, addresses and digests stay as they can be copied.
    """
    columns = width_of(stream)
    if columns is None:
        return text
    return "\n".join(_folded(line, columns) if len(line) > columns else line for line in text.split("\n"))


def _folded(line: str, columns: int) -> str:
    indent = " " * _hanging(line, columns)
    lines = []
    while len(line) > columns:
        start = len(line) - len(line.lstrip())
        cut = line.rfind(" ", start, columns + 1)
        if cut < 0 and (cut := line.find(" ", columns)) < 0:
            break
        lines.append(line[:cut].rstrip())
        line = indent + line[cut:].lstrip()
    return "\n".join([*lines, line])


def _hanging(line: str, columns: int) -> int:
    """Return where to continue: at the last column that starts in the left half, else a little inside."""
    start = len(line) - len(line.lstrip())
    gap = line.rfind(_GAP, start, columns // 2)
    return gap + len(_GAP) if gap >= 0 else min(start + 2, columns // 2)
