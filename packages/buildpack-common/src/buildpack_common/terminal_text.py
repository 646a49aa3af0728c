r"""Text of others as it may be printed: nothing in it drives a terminal, or the CI that reads the log.

Escape sequences, control characters and what reverses the direction of text are shown as escapes (`\x1b`). CI
services take lines of a log for commands: GitHub's runners those that begin with `::`, with blanks before it
or not, and, like others, what has the form `##name[`. Such text is shown with an escape in it, which no
service knows.
"""

from __future__ import annotations

import re

_COMMAND = re.compile(r"^([^\S\n]*):(?=:)", re.MULTILINE)
_OLD_COMMAND = re.compile(r"##(?=[\w.-]*\[)")


def printable(text: str) -> str:
    """Return a text of one or more lines as it may be printed."""
    lines = text.replace("\r\n", "\n").split("\n")
    shown = "\n".join(line if line.isprintable() else _escaped(line) for line in lines)
    if "::" in shown:
        shown = _COMMAND.sub(r"\1\\x3a", shown)
    return _OLD_COMMAND.sub(r"#\\x23", shown) if "##" in shown else shown


def one_line(text: str) -> str:
    """Return a text that has to be one line, such as a cell of a table: line ends are escaped, too."""
    return printable(text if text.isprintable() else _escaped(text, keep=""))


def _escaped(line: str, keep: str = "\t") -> str:
    return "".join(char if char.isprintable() or char in keep else ascii(char)[1:-1] for char in line)
