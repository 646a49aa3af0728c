"""What a rule has found: something that could be started, with its evidence, or why it cannot."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

from app_start.processes import WEB, AppProcess

if TYPE_CHECKING:
    from pathlib import Path


_FORWARDING = """\
trap 'kill -s TERM $app' TERM INT
{line} "$@" & app=$!
wait $app; code=$?
while kill -s 0 $app 2>/dev/null; do wait $app; code=$?; done
exit $code"""


class Strength(Enum):
    """How much a candidate says about what the app starts by itself."""

    SAID = 4
    """The project says so: FLASK_APP, [tool.fastapi], a script called start."""
    FOUND = 3
    """It is what a web server or another program would be given."""
    SCRIPT = 2
    """A command that the project installs."""
    MAIN = 1
    """A program of the app that says how it is started."""
    WORKER = 0
    """A background process: the default only where there is nothing else."""
    NEVER = -1
    """A process for whoever asks for it."""


@dataclass(frozen=True)
class Candidate:
    """Something to start. ``missing`` says what is missing where it cannot be; then there is no command.

    ``root`` tells what is the same thing found twice, ``package`` which ``__main__.py`` is the same, too.
    ``note`` is worth a warning if it is started. ``weak``: the name of its file does not say that it is the
    app, so that a program beside it may be.
    """

    strength: Strength
    evidence: str
    type: str = WEB
    command: tuple[str, ...] = ()
    shown: str = ""
    directory: Path | None = None
    missing: str = ""
    root: object = None
    package: object = None
    note: str = ""
    weak: bool = False

    @property
    def process(self) -> AppProcess:
        """The process of the image."""
        return AppProcess(self.type, self.command, self.evidence, self.shown, self.directory)

    @property
    def startable(self) -> bool:
        """Whether there is a command."""
        return bool(self.command)

    def as_type(self, name: str) -> Candidate:
        """Return the same as another process."""
        return replace(self, type=name)


def with_shell(line: str, name: str = WEB) -> tuple[tuple[str, ...], str]:
    """Return the command of a line that needs a shell for its variables, and the line for people.

    The program takes the shell's place, and gets the arguments of the container's user.
    """
    before, program = _assignments(line)
    return ("sh", "-c", f'{before}exec {program} "$@"', name), line


def with_forwarding(line: str, name: str = WEB) -> tuple[tuple[str, ...], str]:
    """Return the command of a program that may not know SIGTERM, and the line for people.

    The kernel keeps from a container's first process every signal that it has no handler for. So a shell is
    first, hands the signal on, waits, and ends as the program has ended.
    """
    return ("sh", "-c", _FORWARDING.format(line=line), name), line


def _assignments(line: str) -> tuple[str, str]:
    words = line.split(" ")
    count = 0
    while "=" in words[count] and words[count].partition("=")[0].isidentifier():
        count += 1
    return "".join(f"{word} " for word in words[:count]), " ".join(words[count:])
