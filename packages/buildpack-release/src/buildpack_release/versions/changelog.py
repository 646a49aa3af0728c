"""CHANGELOG.md of a buildpack, in the format of Keep a Changelog 1.1.0.

The model keeps the whole text, so that an edit changes what it means to change and nothing else. It is read
strictly: what is Unreleased decides on the next version, so nothing there may be misunderstood.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from buildpack_release.errors import CheckFailed, ReleaseError
from buildpack_release.model.finding import Finding, Severity
from buildpack_release.model.table import suggestion
from buildpack_release.versions.changelog_entry import KIND_LEVEL, ChangelogEntry, known_heading, read_entries
from buildpack_release.versions.impact import IMPACTS
from buildpack_release.versions.markdown import Role, find_unclosed, read_lines
from buildpack_release.versions.number import Version

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from buildpack_release.versions.markdown import MarkdownLine

NAME = "CHANGELOG.md"
_SECTION_LEVEL = 2
_UNRELEASED = re.compile(r"(?:\[unreleased\]|unreleased\b).*", re.IGNORECASE)
_RELEASED = re.compile(r"\[?v?([0-9]+\.[0-9]+\.[0-9]+)(?:\]|(?=[\s(:]|$)).*")
_KINDS_ADVICE = "one of Added, Changed, Deprecated, Removed, Fixed, Security; mark entries with **Breaking**"


@dataclass(frozen=True)
class Section:
    """A `##` section: the indexes of its heading and of the line after its last.

    `version` is that of a release; None for Unreleased and for anything else.
    """

    title: str
    start: int
    end: int
    version: Version | None = None

    @property
    def is_unreleased(self) -> bool:
        """Whether it holds what comes with the next release."""
        return bool(_UNRELEASED.fullmatch(self.title))


@dataclass(frozen=True)
class Changelog:
    """A changelog: its file (for messages only), and its text as lines with their roles."""

    path: Path
    lines: tuple[MarkdownLine, ...] = field(repr=False)

    @classmethod
    def read(cls, path: Path) -> Changelog:
        """Read a file. Raises CheckFailed if there is none or it is not UTF-8, ReleaseError if unreadable."""
        try:
            return cls.parse(path.read_bytes().decode("utf-8"), path)
        except FileNotFoundError:
            advice = "Start it with the heading `## [Unreleased]`."
            raise CheckFailed("this file is missing", advice=advice, file=path) from None
        except UnicodeDecodeError:
            raise CheckFailed("this file is not UTF-8", file=path) from None
        except OSError as error:
            raise ReleaseError(f"cannot read this file: {error.strerror or error}", file=path) from error

    @classmethod
    def parse(cls, text: str, path: Path) -> Changelog:
        """Take any text apart; what is wrong with it is in `findings()`."""
        return cls(path, read_lines(text))

    @property
    def text(self) -> str:
        """The text, as it was read."""
        return "".join(line.text for line in self.lines)

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        """All `##` sections, from the top."""
        heads = [
            index
            for index, line in enumerate(self.lines)
            if line.role is Role.HEADING and line.level <= _SECTION_LEVEL
        ]
        spans = zip(heads, [*heads[1:], len(self.lines)], strict=False)  # of no heads there are no spans
        return tuple(
            Section(self.lines[start].title, start, end, _version(self.lines[start].title))
            for start, end in spans
            if self.lines[start].level == _SECTION_LEVEL
        )

    @property
    def unreleased(self) -> Section | None:
        """The section for the next release, if there is one."""
        return next((section for section in self.sections if section.is_unreleased), None)

    @property
    def versions(self) -> tuple[Version, ...]:
        """The versions that have been released, from the top."""
        return tuple(section.version for section in self.sections if section.version is not None)

    @property
    def latest(self) -> Version | None:
        """The highest version that has been released; None before the first release."""
        return max(self.versions, default=None)

    @cached_property
    def entries(self) -> tuple[ChangelogEntry, ...]:
        """What is Unreleased."""
        return self.entries_of(self.unreleased) if self.unreleased else ()

    def entries_of(self, section: Section) -> tuple[ChangelogEntry, ...]:
        """Read the entries of a section."""
        return read_entries((index + 1, self.lines[index]) for index in range(section.start + 1, section.end))

    def findings(self) -> Iterator[Finding]:
        """Find whatever makes it unclear what is Unreleased or what has been released."""
        if (opened := find_unclosed(self.lines)) is not None:
            advice = "what follows is not read"
            yield self._error("unclosed", "this code or comment is never closed", opened + 1, advice)
        if self.unreleased is None:
            advice = "add it above the newest version"
            yield self._error("unreleased", "there is no heading `## [Unreleased]`", 1, advice)
        yield from self._repeated()
        if self.unreleased:
            yield from self._unknown_kinds(self.unreleased)
        for entry in self.entries:
            if not entry.heading:
                message = "this is under no heading that says what kind of change it is"
                yield self._error("no-kind", message, entry.line, _KINDS_ADVICE)

    def _repeated(self) -> Iterator[Finding]:
        seen: dict[str, int] = {}
        for section in self.sections:
            name = "Unreleased" if section.is_unreleased else str(section.version or "")
            first = seen.setdefault(name, section.start)
            if name and first != section.start:
                message = f"{name} is also the heading of line {first + 1}"
                yield self._error("repeated-section", message, section.start + 1)

    def _unknown_kinds(self, section: Section) -> Iterator[Finding]:
        for index in range(section.start + 1, section.end):
            line = self.lines[index]
            if (
                line.role is Role.HEADING
                and line.level == KIND_LEVEL
                and known_heading(line.title) not in IMPACTS
            ):
                advice = suggestion(line.title, IMPACTS) or _KINDS_ADVICE
                yield self._error(
                    "unknown-kind", f'no kind of change is called "{line.title}"', index + 1, advice
                )

    def _error(self, code: str, message: str, line: int, advice: str = "") -> Finding:
        return Finding(Severity.ERROR, code, message, self.path, line, advice)


def _version(title: str) -> Version | None:
    found = _RELEASED.fullmatch(title)
    try:
        return Version.parse(found[1]) if found else None
    except ValueError:
        return None
