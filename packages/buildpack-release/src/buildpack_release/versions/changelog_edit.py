"""Adding an entry to what is Unreleased in a changelog; nothing else of the text changes."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from buildpack_release.errors import CheckFailed
from buildpack_release.versions.changelog import Changelog
from buildpack_release.versions.changelog_entry import KIND_LEVEL, known_heading
from buildpack_release.versions.impact import IMPACTS
from buildpack_release.versions.markdown import Role

if TYPE_CHECKING:
    from buildpack_release.versions.changelog import Section

_WIDTH = 112


def add_entry(changelog: Changelog, heading: str, text: str) -> Changelog:
    """Return the changelog with an entry below a heading such as `Added`, last in its list.

    Nothing changes if the same entry is Unreleased already.

    Raises CheckFailed if the changelog has no section Unreleased, or code in it is never closed.
    """
    for finding in changelog.findings():
        if finding.code in {"unreleased", "unclosed"}:
            raise CheckFailed(finding.message, advice=finding.advice, file=changelog.path, line=finding.line)
    section = changelog.unreleased
    entry = f"- {text}"
    if section is None or any((one.heading, one.text) == (heading, entry) for one in changelog.entries):
        return changelog
    lines = [line.text for line in changelog.lines]
    at, added = _place(changelog, section, heading)
    end = "\r\n" if lines[section.start].endswith("\r\n") else "\n"
    wrapped = textwrap.wrap(
        entry, _WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )
    if at and not lines[at - 1].endswith("\n"):
        lines[at - 1] += end
    inserted = [*added[0], *wrapped, *added[1]]
    lines[at:at] = [f"{line}{end}" for line in inserted]
    return Changelog.parse("".join(lines), changelog.path)


def _place(changelog: Changelog, section: Section, heading: str) -> tuple[int, tuple[list[str], list[str]]]:
    """Return the line before which an entry goes, and the lines around it."""
    kinds = [
        index
        for index in range(section.start + 1, section.end)
        if (line := changelog.lines[index]).role is Role.HEADING and line.level == KIND_LEVEL
    ]
    ends = [*kinds[1:], section.end] if kinds else []
    for start, end in zip(kinds, ends, strict=True):
        if known_heading(changelog.lines[start].title) == heading:
            last = _last(changelog, start, end)
            return last + 1, ([""] if last == start else [], [])
    order = list(IMPACTS)
    for start in kinds:
        known = known_heading(changelog.lines[start].title)
        if known in order and order.index(known) > order.index(heading):
            return start, ([f"### {heading}", ""], [""])
    return _last(changelog, section.start, section.end) + 1, (["", f"### {heading}", ""], [])


def _last(changelog: Changelog, start: int, end: int) -> int:
    """Return the last line in a range with something on it, link definitions aside."""
    filled = [
        index
        for index in range(start, end)
        if changelog.lines[index].role not in {Role.BLANK, Role.DEFINITION}
    ]
    return filled[-1]
