"""A line of shell (POSIX.1, 'Shell Command Language'), read as far as it takes to start it well.

That is: without a shell if it needs none, otherwise so that the app replaces the shell and gets its signals
and the arguments of the container's user. What the line does stays exactly what it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLANKS = " \t"
_ENDS_WORD = frozenset(" \t;&|<>()")
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
_OPERATORS = ("&&", "||", ";;", "<<", ">>", ">&", "<&", ">|", "<>", ";", "&", "|", "<", ">", "(", ")")
_REDIRECTIONS = frozenset({"<", ">", ">>", ">&", "<&", ">|", "<>"})
_LISTS = frozenset({"&&", ";"})
_RESERVED = frozenset(
    [
        "!",
        "{",
        "}",
        "case",
        "do",
        "done",
        "elif",
        "else",
        "esac",
        "fi",
        "for",
        "function",
        "if",
        "in",
        "select",
        "then",
        "time",
        "until",
        "while",
        "[[",
        "]]",
    ]
)
_BUILTINS = frozenset(
    [
        ".",
        ":",
        "alias",
        "bg",
        "break",
        "cd",
        "command",
        "continue",
        "eval",
        "exit",
        "export",
        "fg",
        "getopts",
        "hash",
        "jobs",
        "local",
        "read",
        "readonly",
        "return",
        "set",
        "shift",
        "source",
        "times",
        "trap",
        "type",
        "ulimit",
        "umask",
        "unalias",
        "unset",
        "wait",
    ]
)
_BASH = re.compile(
    r"(^|[\s;&|(])(\[\[|source|function|declare|shopt)\s|<\(|>\(|&>|<<<|\$\{[^}]*(//|:\d|\^|,)|\$'"
)
_GLOB = frozenset("*?[{")
# For what is not one command, or a list that ends in one. The shell takes SIGTERM at once, since it waits for
# a job; as the container's first process it tells everybody else. The line may end in a comment.
_WAITING = """\
end() {{ trap '' TERM; [ $$ -ne 1 ] || kill -TERM -1; kill -s TERM $! 2>/dev/null; wait; exit 143; }}
trap end TERM
{{ {line}
}} & wait $!"""


class UnfinishedLineError(ValueError):
    """A quote, or a substitution, does not end on the line: no shell could start it."""


@dataclass(frozen=True)
class ShellCommand:
    """How a line is started.

    ``command`` is that of the process; further arguments are appended to it. ``replaces_shell``: there is no
    shell, or the app takes its place. ``takes_arguments``: they reach the app. ``programs`` are the literal
    names of what is started, in their order.
    """

    command: tuple[str, ...]
    programs: tuple[str, ...] = ()
    replaces_shell: bool = True
    takes_arguments: bool = True
    shell: str = ""


@dataclass
class _Word:
    """``text`` is what it stands for; None if only a shell knows (expansions, patterns)."""

    start: int
    raw: str
    text: str | None

    @property
    def is_assignment(self) -> bool:
        return _ASSIGNMENT.match(self.raw) is not None


@dataclass
class _Command:
    """The words of one command; ``before`` is the operator in front of it."""

    before: str
    words: list[_Word] = field(default_factory=list)
    redirected: bool = False

    @property
    def assignments(self) -> list[_Word]:
        return [word for _, word in zip(self._leading(), self.words, strict=False)]

    @property
    def rest(self) -> list[_Word]:
        return self.words[len(self.assignments) :]

    @property
    def first(self) -> str | None:
        """The program's name; '' if there is none, None if only a shell knows."""
        return self.rest[0].text if self.rest else ""

    def _leading(self) -> Iterator[int]:
        for number, word in enumerate(self.words):
            if not word.is_assignment:
                return
            yield number


def shell_command(line: str, name: str) -> ShellCommand:
    """Return how to start a line; ``name`` is what the shell is called in its messages ($0).

    Raises UnfinishedLineError for a line that no shell understands.
    """
    commands, plain = _commands(line)
    last = commands[-1]
    programs = tuple(dict.fromkeys(_programs(commands)))
    shell = "bash" if _BASH.search(line) else "sh"
    if plain and len(commands) == 1 and _needs_no_shell(last):
        return ShellCommand(tuple(word.text or "" for word in last.words), programs)
    if plain and last.rest and last.first not in _BUILTINS:
        place = last.rest[0].start
        told = "" if last.first == "exec" else "exec "
        script = f'{line[:place]}{told}{line[place:]} "$@"'
        return ShellCommand((shell, "-c", script, name), programs, shell=shell)
    script = _WAITING.format(line=line)
    return ShellCommand(
        (shell, "-c", script, name), programs, replaces_shell=False, takes_arguments=False, shell=shell
    )


def _needs_no_shell(command: _Command) -> bool:
    known = all(word.text is not None for word in command.words)
    simple = known and not command.redirected and not command.assignments
    return simple and bool(command.first) and command.first not in _BUILTINS | {"exec"}


def _programs(commands: list[_Command]) -> Iterator[str]:
    for command in commands:
        words = [word.text for word in command.rest if not word.is_assignment]
        while words and words[0] in {
            "exec",
            "env",
            "command",
            "time",
            "nohup",
            *_RESERVED - {"for", "case", "in"},
        }:
            words = words[1:]
        if words and words[0] and words[0] not in _BUILTINS and not words[0].startswith("-"):
            yield words[0]


def _commands(line: str) -> tuple[list[_Command], bool]:
    """Return the commands of a line, and whether they are simple ones in a list of ``&&`` and ``;``."""
    commands, plain = [_Command("")], True
    target = False  # the next word belongs to a redirection
    position = 0
    while position < len(line):
        if line[position] in _BLANKS:
            position += 1
        elif line[position] == "#":
            return commands, False
        elif line[position] in _ENDS_WORD:
            operator = next(one for one in _OPERATORS if line.startswith(one, position))
            position += len(operator)
            if operator in _REDIRECTIONS:
                commands[-1].redirected = target = True
                continue
            plain &= operator in _LISTS and bool(commands[-1].words)
            commands.append(_Command(operator))
        else:
            word = _word(line, position)
            position += len(word.raw)
            if not _is_for_redirection(word, line, position) and not target:
                plain &= bool(commands[-1].rest) or word.raw not in _RESERVED
                commands[-1].words.append(word)
            target = False
    return commands, plain and bool(commands[-1].words)


def _is_for_redirection(word: _Word, line: str, end: int) -> bool:
    """Whether it is the number of a file descriptor: ``2>``."""
    return word.raw.isdecimal() and line[end : end + 1] in ("<", ">")


def _word(line: str, start: int) -> _Word:
    text: list[str] = []
    known = not line.startswith("~", start)
    position = start
    while position < len(line) and line[position] not in _ENDS_WORD:
        character = line[position]
        end = _end_of_part(line, position)
        part = line[position:end]
        if character == "'":
            text.append(part[1:-1])
        elif character == '"':
            known &= not re.search(r"[`$]", re.sub(r"\\.", "", part))
            text.append(re.sub(r'\\([\\"$`])', r"\1", part[1:-1]))
        elif character == "\\":
            known &= len(part) > 1
            text.append(part[1:])
        else:
            known &= character not in _GLOB and character not in "$`"
            text.append(part)
        position = end
    return _Word(start, line[start:position], "".join(text) if known else None)


def _end_of_part(line: str, start: int) -> int:
    """Return where a quoted text, a substitution or a single character ends."""
    character = line[start]
    if character == "'":
        return _after(line, start + 1, "'")
    if character == '"':
        return _skip(line, start + 1, '"')
    if character == "`":
        return _skip(line, start + 1, "`")
    if character == "\\":
        return min(start + 2, len(line))
    if character == "$" and line[start + 1 : start + 2] in ("{", "("):
        return _skip(line, start + 2, "}" if line[start + 1] == "{" else ")")
    return start + 1


def _skip(line: str, position: int, closing: str) -> int:
    """Return where what ``closing`` ends is over; what is quoted or nested in it does not count."""
    while position < len(line):
        character = line[position]
        if character == closing:
            return position + 1
        quoted = closing == '"' and character == "'"  # no quote within double quotes
        if closing == ")" and character == "(":
            position = _skip(line, position + 1, ")")
        elif closing == "`" and character != "\\":
            position += 1
        else:
            position = position + 1 if quoted else _end_of_part(line, position)
    raise UnfinishedLineError(f"{closing} is missing")


def _after(line: str, position: int, closing: str) -> int:
    found = line.find(closing, position)
    if found < 0:
        raise UnfinishedLineError(f"{closing} is missing")
    return found + 1
