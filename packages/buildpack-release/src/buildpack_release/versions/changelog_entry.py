"""The entries of a changelog section: what changed, under which heading, and how much it matters."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_release.versions.impact import IMPACTS, Impact
from buildpack_release.versions.markdown import MarkdownLine, Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Of headings such as Added, below the one of a release.
KIND_LEVEL = 3
_ITEM = re.compile(r" ?(?:[-*+]|[0-9]{1,9}[.)])(?:[ \t]+|$)")
_CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)")
_BREAKING = re.compile(r"(\*\*|__)breaking(?![a-z0-9])[^*_]*\1|^breaking(?: changes?)?:", re.IGNORECASE)


@dataclass(frozen=True)
class ChangelogEntry:
    """A list item or paragraph. `heading` is "" for one that stands under no heading; `line` is from 1."""

    heading: str
    text: str
    line: int
    is_breaking: bool = False

    @property
    def impact(self) -> Impact | None:
        """How much it matters; None under a heading that Keep a Changelog does not have."""
        return Impact.BREAKING if self.is_breaking else IMPACTS.get(self.heading)

    @property
    def identity(self) -> tuple[str, str]:
        """What makes it the same entry in another state of the file, whatever the line breaks."""
        return self.heading, self.text

    @property
    def reason(self) -> str:
        """Why it has its impact: the heading, or the mark."""
        return f"{self.heading}, marked Breaking" if self.is_breaking else self.heading


def known_heading(title: str) -> str:
    """Return a heading as Keep a Changelog writes it; one that it does not have, as it is."""
    folded = title.casefold()
    return next((name for name in IMPACTS if name.casefold() == folded), title)


def read_entries(lines: Iterable[tuple[int, MarkdownLine]]) -> tuple[ChangelogEntry, ...]:
    """Find the entries among numbered lines of a section, below its own heading."""
    return tuple(_entry(heading, block) for heading, block in _blocks(lines))


def _blocks(
    lines: Iterable[tuple[int, MarkdownLine]],
) -> Iterator[tuple[str, list[tuple[int, MarkdownLine]]]]:
    """Return the lines of each list item or paragraph, with the heading above."""
    heading, block, is_item, after_blank = "", list[tuple[int, MarkdownLine]](), False, True
    for number, line in lines:
        ends = line.role is Role.HEADING or _starts(line, after_blank=after_blank, in_item=is_item)
        if ends and block:
            yield heading, block
            block = []
        if line.role is Role.HEADING:
            heading = known_heading(line.title) if line.level == KIND_LEVEL else heading
        elif block or line.role in {Role.TEXT, Role.CODE}:
            if not block:
                is_item = bool(_ITEM.match(line.text))
            block.append((number, line))
        after_blank = line.role is not Role.TEXT
    if block:
        yield heading, block


def _starts(line: MarkdownLine, *, after_blank: bool, in_item: bool) -> bool:
    """Return whether a line starts something new rather than going on with the item or paragraph above."""
    if line.role is not Role.TEXT:
        return False
    if _ITEM.match(line.text.rstrip("\r\n")):
        return True
    return after_blank and not (in_item and line.text[0] in " \t")


def _entry(heading: str, block: list[tuple[int, MarkdownLine]]) -> ChangelogEntry:
    number, first = block[0]
    shown = [line for _, line in block if line.role in {Role.TEXT, Role.CODE}]
    text = " ".join(" ".join(line.text for line in shown).split())
    prose = " ".join(line.text.strip() for line in shown if line.role is Role.TEXT)
    plain = _CODE_SPAN.sub("", _ITEM.sub("", prose, count=1) if _ITEM.match(first.text) else prose)
    return ChangelogEntry(heading, text, number, bool(_BREAKING.search(plain)))
