"""``Procfile``: process types and their commands, as Heroku's documentation ('The Procfile') has them.

A line is ``<type>: <command>``. Types are letters, digits, ``_`` and ``-``; all else is no process, and so is
not an error. Lines may end in CR LF, and a byte order mark at the beginning does not count.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app_start.shell_line import UnfinishedLineError, shell_command
from buildpack_api.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    from app_start.shell_line import ShellCommand

NAME = "Procfile"
RELEASE = "release"
"""On Heroku it runs once before a release; no CNB platform runs anything by itself."""
_ALMOST = re.compile(r"(?i)proc[ _-]?file(?:\.txt)?")
_LINE = re.compile(r"[ \t]*([A-Za-z0-9_-]+)[ \t]*:[ \t]*(.*)")


@dataclass(frozen=True)
class ProcfileEntry:
    """One process: its type as images have it, its line as it is written, and where that stands."""

    type: str
    line: str
    number: int
    command: ShellCommand


@dataclass(frozen=True)
class Procfile:
    """The processes in the order of their last lines, and what people should know about the rest."""

    entries: tuple[ProcfileEntry, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def default(self) -> str:
        """The type that starts by itself: ``web``, else the only one but ``release``; '' if that is open."""
        types = [entry.type for entry in self.entries if entry.type != RELEASE]
        if "web" in types:
            return "web"
        return types[0] if len(types) == 1 else ""


def read_procfile(app_dir: Path) -> Procfile | None:
    """Read the app's Procfile; None if there is none. Raises ConfigurationError, with the line."""
    path = app_dir / NAME
    if not path.is_file():
        return None
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = content.count(b"\n", 0, error.start) + 1
        raise ConfigurationError(
            f"{NAME}:{number}: not encoded in UTF-8", advice="Save the file in UTF-8."
        ) from error
    return parse_procfile(text)


def misspelt(app_dir: Path) -> list[str]:
    """Return the files that may be meant as one, where there is none."""
    return sorted(one.name for one in app_dir.iterdir() if _ALMOST.fullmatch(one.name) and one.is_file())


def parse_procfile(text: str) -> Procfile:
    """Read the text of a Procfile. Raises ConfigurationError, with the line, for what cannot be started."""
    entries: dict[str, ProcfileEntry] = {}
    remarks: list[str] = []
    for number, line in enumerate(re.split(r"\r\n|\n|\r", text), 1):
        found = _LINE.fullmatch(line)
        if found is None or not found[2].strip():
            remarks += _ignored(line, number, found)
            continue
        name = found[1].lower().replace("_", "-")
        if name != found[1]:
            remarks.append(f"line {number}: the process {found[1]} is called {name} in the image")
        earlier = entries.pop(name, None)
        if earlier is not None:
            remarks.append(f"line {number}: {name} was on line {earlier.number} already; the last one counts")
        entries[name] = _entry(name, found[2].strip(), number)
    return Procfile(tuple(entries.values()), tuple(remarks))


def _ignored(line: str, number: int, found: re.Match[str] | None) -> list[str]:
    if not line.strip() or line.lstrip().startswith("#"):
        return []
    why = "it has no command" if found else "it is not '<type>: <command>'"
    return [f"line {number} is not used: {why}"]


def _entry(name: str, line: str, number: int) -> ProcfileEntry:
    if not name.strip("-"):
        raise ConfigurationError(
            f"{NAME}:{number}: a process cannot be called {name!r}", advice="Use letters."
        )
    return ProcfileEntry(name, line, number, checked_command(line, name, f"{NAME}:{number}"))


def checked_command(line: str, name: str, place: str) -> ShellCommand:
    """Return how to start ``line``. Raises ConfigurationError, naming ``place``, if that is impossible."""
    if any(ord(character) < ord(" ") and character != "\t" for character in line):
        raise ConfigurationError(
            f"{place}: the command has a control character", advice="Write it on one line, without it."
        )
    try:
        return shell_command(line, name)
    except UnfinishedLineError as error:
        raise ConfigurationError(
            f"{place}: the command does not end: {error}",
            detail=f"It is: {line}",
            advice="A command is one line; close what is opened on it.",
        ) from error
