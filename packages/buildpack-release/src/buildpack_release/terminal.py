"""What a stream can show: how wide it is, and whether in colour. Only a terminal has a width."""

from __future__ import annotations

import os
import re
from enum import Enum
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import TextIO

_LEAST_WIDTH = 20
_GAP = re.compile(r"(?<=\S)  +(?=\S)")


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
    """Continue lines that are too long for a terminal on the next one, those of a table in one column.

    Words are never broken: paths, addresses and digests stay as they can be copied.
    """
    columns = width_of(stream)
    if columns is None or all(len(line) <= columns for line in text.split("\n")):
        return text
    folded: list[str] = []
    for _, lines in groupby(text.split("\n"), key=bool):
        folded += _fold_together(list(lines), columns)
    return "\n".join(folded)


def _fold_together(lines: list[str], columns: int) -> list[str]:
    """Fold the lines of a paragraph or a table."""
    starts = [{found.end() for found in _GAP.finditer(line)} for line in lines]
    shared = set.intersection(*starts)
    return [
        _folded(line, columns, shared or own) if len(line) > columns else line
        for line, own in zip(lines, starts, strict=True)
    ]


def _folded(line: str, columns: int, starts: Collection[int]) -> str:
    """Fold a line whose columns start there: between two columns rather than inside one."""
    margin = len(line) - len(line.lstrip())
    hanging = [start for start in starts if margin < start <= columns // 2]
    indent = " " * (max(hanging) if hanging else min(margin + 2, columns // 2))
    lines = []
    while len(line) > columns:
        start = max(len(line) - len(line.lstrip()), 1)
        cut = line.rfind("  ", max(start, columns // 2), columns + 2)
        if cut < 0:
            cut = line.rfind(" ", start, columns + 1)
        if cut < 0 and (cut := line.find(" ", columns)) < 0:
            break
        lines.append(line[:cut].rstrip())
        rest = line[cut:].lstrip()
        room = columns - len(rest.partition(" ")[0])
        line = indent[: max(room, 0)] + rest
    return "\n".join([*lines, line])
