r"""The lines of a Markdown text, each with its role, as far as changelogs need it (CommonMark 0.31).

No byte is lost: the texts of the lines, joined, are the text. Only `\n` ends a line; a `\r` before it belongs
to the line's end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_LINES = re.compile(r"[^\n]*\n|[^\n]+")
_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))??(?:[ \t]+#+)?[ \t]*")
_DEFINITION = re.compile(r" {0,3}\[([^\]^][^\]]*)\]:[ \t]*\S.*")
# A fence may open on the line of a list item.
_FENCE = re.compile(
    r"(?P<indent>(?:[ \t]*(?:[-*+]|[0-9]{1,9}[.)])(?=[ \t]))*[ \t]*)(?P<fence>`{3,}|~{3,})(?P<info>.*)"
)
_COMMENT = re.compile(r" {0,3}<!--")
_IN_LIST = 2  # blanks at least before a fence that belongs to a list item


class Role(Enum):
    """What a line is."""

    BLANK = "blank"
    HEADING = "heading"
    DEFINITION = "link reference definition"
    TEXT = "text"
    CODE = "fenced code"
    COMMENT = "HTML comment"


@dataclass(frozen=True)
class MarkdownLine:
    """A line with its end. `level` (1 to 6) is a heading's, `title` its text or a definition's label."""

    text: str
    role: Role
    level: int = 0
    title: str = ""


def read_lines(text: str) -> tuple[MarkdownLine, ...]:
    """Split a text into lines, and tell headings from what only looks like them in code and comments."""
    reader = _Reader()
    return tuple(reader.read(line) for line in split_lines(text))


def find_unclosed(lines: Iterable[MarkdownLine]) -> int | None:
    """Find the line (its index) that opens code or a comment that is never closed; it hides all below."""
    reader, opened = _Reader(), None
    for index, line in enumerate(lines):
        was_open = reader.is_open
        reader.read(line.text)
        opened = opened if was_open else index
    return opened if reader.is_open else None


def split_lines(text: str) -> list[str]:
    r"""Split a text after each `\n`; unlike str.splitlines, nowhere else."""
    return _LINES.findall(text)


def line_end(line: str) -> str:
    """Return the end of a line; none if it is the last of a text without a final newline."""
    return line[len(line.rstrip("\r\n")) :]


class _Reader:
    def __init__(self) -> None:
        self._fence = ""
        self._indent = 0
        self._in_comment = False

    @property
    def is_open(self) -> bool:
        return self._in_comment or bool(self._fence)

    def read(self, text: str) -> MarkdownLine:
        content = text.rstrip("\r\n")
        if self._in_comment:
            self._in_comment = "-->" not in content
            return MarkdownLine(text, Role.COMMENT)
        if self._fence and not self._has_left_the_list(content):
            self._close_fence(content)
            return MarkdownLine(text, Role.CODE)
        return self._open(text, content)

    def _has_left_the_list(self, content: str) -> bool:
        """Return whether a fence ends without a closing one, because the list item around it does."""
        if self._indent < _IN_LIST or not content.strip() or content[0] in " \t":
            return False
        self._fence = ""
        return True

    def _close_fence(self, content: str) -> None:
        found = content.strip()
        if len(found) >= len(self._fence) and set(found) == {self._fence[0]}:
            self._fence = ""

    def _open(self, text: str, content: str) -> MarkdownLine:
        fence = _FENCE.fullmatch(content)
        if fence and not (fence["fence"][0] == "`" and "`" in fence["info"]):
            self._fence, self._indent = fence["fence"], len(fence["indent"])
            return MarkdownLine(text, Role.CODE)
        if comment := _COMMENT.match(content):
            self._in_comment = "-->" not in content[comment.end() :]
            return MarkdownLine(text, Role.COMMENT)
        return _plain(text, content)


def _plain(text: str, content: str) -> MarkdownLine:
    if not content.strip(" \t"):
        return MarkdownLine(text, Role.BLANK)
    if heading := _HEADING.fullmatch(content):
        return MarkdownLine(text, Role.HEADING, len(heading[1]), (heading[2] or "").strip())
    if definition := _DEFINITION.fullmatch(content):
        return MarkdownLine(text, Role.DEFINITION, title=definition[1].strip())
    return MarkdownLine(text, Role.TEXT)
