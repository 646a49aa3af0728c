"""The edit of a changelog for a release: what is Unreleased moves under a heading of its own.

Everything else stays as it is, byte by byte.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from buildpack_release.errors import CheckFailed
from buildpack_release.versions.changelog_entry import KIND_LEVEL, known_heading
from buildpack_release.versions.markdown import MarkdownLine, Role, line_end, read_lines

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from buildpack_release.versions.changelog import Changelog, Section
    from buildpack_release.versions.links import CompareLinks
    from buildpack_release.versions.number import Version

_UNRELEASED = "unreleased"


@dataclass(frozen=True)
class ReleaseEntry:
    """What is written about a release.

    Attributes:
        version: the version that is released.
        date: the day, `YYYY-MM-DD`.
        additions: items that are added to what is Unreleased, by heading.
        note: what stands there when nothing else does.
        links: the link definitions to write, if any.
    """

    version: Version
    date: str
    additions: Mapping[str, Sequence[str]] = field(default_factory=dict)
    note: str = "No changes."
    links: CompareLinks | None = None


def release_changelog(changelog: Changelog, entry: ReleaseEntry) -> str:
    """Return the text of the changelog after a release. Raises CheckFailed without an Unreleased heading."""
    section = changelog.unreleased
    if section is None:
        raise CheckFailed("there is no heading `## [Unreleased]`", file=changelog.path)
    newline = _newline(changelog)
    text = changelog.text
    # A last line without an end gets one for the edit, and loses it again after.
    lines = changelog.lines if text.endswith("\n") else read_lines(text + newline)
    edited = "".join(_edited(lines, section, entry, newline))
    if entry.links:
        edited = _with_links(edited, entry.version, entry.links, newline)
    return edited if text.endswith("\n") else edited.removesuffix(newline)


def _newline(changelog: Changelog) -> str:
    return next((end for line in changelog.lines if (end := line_end(line.text))), "\n")


def _edited(lines: Sequence[MarkdownLine], section: Section, entry: ReleaseEntry, newline: str) -> list[str]:
    texts = [line.text for line in lines]
    start, end = section.start + 1, _content_end(lines, section)
    released = _released(lines[start:end], entry, newline)
    rest = texts[end:]
    if released != texts[start:end] and rest and rest[0].strip():
        rest.insert(0, newline)  # there was nothing to part from what follows, and now there is
    name = f"[{entry.version}]" if "[" in texts[section.start] or entry.links else str(entry.version)
    return [*texts[:start], newline, f"## {name} - {entry.date}{newline}", *released, *rest]


def _released(body: Sequence[MarkdownLine], entry: ReleaseEntry, newline: str) -> list[str]:
    """Return the text of the release: what was Unreleased, the additions, or else the note."""
    released = [line.text for line in _without_empty_kinds(body)]
    for kind, items in entry.additions.items():
        released = _with_items(released, kind, items, newline)
    has_text = any(line.role in {Role.TEXT, Role.CODE} for line in read_lines("".join(released)))
    return released if has_text else [*released, newline, f"- {entry.note}{newline}"]


def _content_end(lines: Sequence[MarkdownLine], section: Section) -> int:
    """Find where the section's content ends: before the blank lines and link definitions at its end."""
    end = section.end
    while end > section.start + 1 and lines[end - 1].role in {Role.BLANK, Role.DEFINITION}:
        end -= 1
    return end


def _without_empty_kinds(body: Sequence[MarkdownLine]) -> list[MarkdownLine]:
    """Leave out `###` headings with nothing below, as templates have them."""
    kept: list[MarkdownLine] = []
    for line in reversed(body):
        is_kind = line.role is Role.HEADING and line.level == KIND_LEVEL
        following = next((one for one in reversed(kept) if one.role is not Role.BLANK), None)
        if is_kind and (
            following is None or (following.role is Role.HEADING and following.level <= KIND_LEVEL)
        ):
            while kept and kept[-1].role is Role.BLANK:
                kept.pop()
            continue
        kept.append(line)
    kept.reverse()
    return _without_blank_end(kept)


def _without_blank_end(lines: list[MarkdownLine]) -> list[MarkdownLine]:
    while lines and lines[-1].role is Role.BLANK:
        lines.pop()
    return lines


def _with_items(body: list[str], kind: str, items: Sequence[str], newline: str) -> list[str]:
    """Add list items below a `###` heading, at the end of what is there; with the heading if need be."""
    new = [f"- {item}{newline}" for item in items]
    lines = read_lines("".join(body))
    end = _kind_end(lines, kind)
    if end is None:
        return [*body, newline, f"### {kind}{newline}", newline, *new]
    texts = [line.text for line in lines]
    return [*texts[:end], *new, *texts[end:]]


def _kind_end(lines: Sequence[MarkdownLine], kind: str) -> int | None:
    """Find the index after the content below a `###` heading; None without that heading."""
    end: int | None = None
    for index, line in enumerate(lines):
        if line.role is Role.HEADING and line.level <= KIND_LEVEL:
            if end is not None:
                return end
            end = index + 1 if known_heading(line.title) == kind else None
        elif end is not None and line.role not in {Role.BLANK, Role.DEFINITION}:
            end = index + 1
    return end


def _with_links(text: str, version: Version, links: CompareLinks, newline: str) -> str:
    """Set the definition of Unreleased, and put that of the release below it; by default both at the end."""
    lines = read_lines(text)
    ours = [f"[unreleased]: {links.unreleased}{newline}", f"[{version}]: {links.release}{newline}"]
    labels = [line.title.casefold() if line.role is Role.DEFINITION else "" for line in lines]
    texts = [line.text for line in lines]
    if _UNRELEASED in labels:
        place = labels.index(_UNRELEASED)
        label = texts[place][: texts[place].index("]:") + 2]
        return "".join([*texts[:place], f"{label} {links.unreleased}{newline}", ours[1], *texts[place + 1 :]])
    end = len(texts)
    while lines[end - 1].role is Role.BLANK:
        end -= 1
    gap = [] if labels[end - 1] else [newline]
    return "".join([*texts[:end], *gap, *ours, *texts[end:]])
