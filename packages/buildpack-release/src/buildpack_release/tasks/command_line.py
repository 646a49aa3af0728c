"""Reads a command line: which tasks, with which options and arguments. All of it, before any task runs.

In place of Invoke's parser, which takes `--help` for the value of an argument, and tells of a mistake no more
than that it is one. Its contexts, arguments and results are what is read into, so its executor does the rest.

What begins with `-` is an option. Any other word is a task if there is one of that name; else, while the task
before it takes arguments, an id, a path or a reference. What is both is an error. After `--` all words are
arguments.
"""

from __future__ import annotations

import copy
import os
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from invoke.parser import ParseResult

from buildpack_release.errors import UsageError
from buildpack_release.tasks.command import ID, Command

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from invoke.parser.argument import Argument
    from invoke.parser.context import ParserContext
    from invoke.tasks import Task

HELP = frozenset({"-h", "--help"})


def near(word: str, known: Iterable[str]) -> str:
    """Return the advice that names what somebody may have meant, or nothing."""
    from difflib import get_close_matches

    names = {name.lower(): name for name in sorted(known)}
    word = word.lower()
    close = [name for name in names if name == word or name.endswith((f".{word}", f"/{word}"))]
    close += [name for name in get_close_matches(word, names, n=3, cutoff=0.7) if name not in close]
    return f"Did you mean {' or '.join(names[name] for name in close[:3])}?" if close else ""


@dataclass(frozen=True)
class Vocabulary:
    """What may be said: tasks with their options, options of the program, and the ids of a task's repository.

    `ids` is asked only where it matters: it reads the repository. `check_id` raises UsageError for an id that
    the repository of a task does not have.
    """

    tasks: Mapping[str, Task[Any]]
    contexts: Mapping[str, ParserContext]
    program: ParserContext
    ids: Callable[[str], Collection[str]]
    check_id: Callable[[str, str], None]

    def unknown_task(self, word: str) -> UsageError:
        """Return the error about a word that is no task."""
        group = word.partition(".")[0]
        inside = [name for name in self.contexts if name.startswith(f"{group}.")]
        advice = [near(word, self.contexts) if word != group or not inside else ""]
        if inside:
            advice.append(f"The tasks of {group}: {', '.join(inside)}.")
        advice.append("inv -l lists all tasks, inv TASK --help explains one.")
        return UsageError(f'there is no task "{word}"', advice="\n".join(filter(None, advice)))


@dataclass
class Calls:
    """The tasks of a command line: the result. `help_for` is the task that is asked about instead."""

    tasks: ParseResult = field(default_factory=ParseResult)
    help_for: str = ""


def parse(words: Iterable[str], rest: Iterable[str], vocabulary: Vocabulary) -> Calls:
    """Read the words of a command line after the program's own options; `rest` is what follows `--`.

    Raises UsageError for whatever is not understood.
    """
    reader = _Reader(vocabulary)
    queue = deque(words)
    while queue:
        word = queue.popleft()
        if word in HELP and reader.current is not None:
            return Calls(help_for=reader.current.name or "")
        if word.startswith("-") and word != "-":
            reader.option(word, queue)
        else:
            reader.word(word)
    if reader.takes_rest:
        for word in rest:
            reader.argument(word)
    for context in reader.calls:
        task = vocabulary.tasks[str(context.name)]
        _refuse_missing(context, task)
        if isinstance(task, Command):
            _refuse_missing_path(context, task)
            if len(reader.calls) > 1:  # a task alone tells of its ids itself
                _refuse_unknown_ids(context, vocabulary)
    return Calls(reader.calls)


class _Reader:
    def __init__(self, vocabulary: Vocabulary) -> None:
        self._known = vocabulary
        self.calls = ParseResult()
        self.current: ParserContext | None = None
        self._given: set[str] = set()

    @property
    def takes_rest(self) -> bool:
        """Whether what follows `--` is read here: tasks of others find it in Invoke's own result."""
        return self.current is None or isinstance(self._task(), Command)

    def word(self, word: str) -> None:
        """Read what is no option."""
        slot = self._slot()
        is_task = word in self._known.contexts
        is_argument = slot is not None and self._is_argument(word, slot, is_task=is_task)
        if is_task and is_argument and isinstance(self._task(), Command):
            raise self._ambiguous(word)
        if is_argument:
            self.argument(word)
        elif is_task:
            self._begin(word)
        else:
            raise self._unknown(word)

    def argument(self, word: str) -> None:
        """Read a word that can be nothing but an argument."""
        slot = self._slot()
        if slot is None:
            name = self.current.name if self.current else "inv"
            raise UsageError(f'"{word}" is one argument too many for {name}', advice=_help_advice(name))
        self._give(slot, word, str(slot.name).upper())

    def option(self, word: str, queue: deque[str]) -> None:
        """Read an option and, from the queue, its value."""
        name, equals, value = word.partition("=")
        if not name.startswith("--") and len(name) > len("-x"):
            queue.extendleft(reversed(self._unbundled(name, word)))
            return
        if self.current is None:
            raise self._unknown_option(name)
        argument = flag(self.current, name)
        inverse = self.current.inverse_flags.get(name)
        if argument is None and inverse is None:
            raise self._unknown_option(name)
        if argument is None or not argument.takes_value:
            if equals:
                raise UsageError(f"{name} of {self.current.name} takes no value", advice=f"Write {name}.")
            argument = argument or self.current.flags[str(inverse)]
            argument.set_value(inverse is None)
        elif equals:
            self._give(argument, value, name)
        elif queue and not queue[0].startswith("-"):
            self._give(argument, queue.popleft(), name)
        elif argument.optional:
            argument.set_value(True, cast=False)
        else:
            raise UsageError(
                f"{name} of {self.current.name} needs a value",
                advice=f"Write {name}=VALUE if the value begins with a hyphen.",
            )

    def _unbundled(self, name: str, word: str) -> list[str]:
        """Take `-ab` apart, and `-aVALUE`, for tasks that have short options."""
        first, more = name[:2], word[2:]
        argument = flag(self.current, first) if self.current is not None else None
        if argument is None:
            raise self._unknown_option(name)
        return [first, more] if argument.takes_value else [first, f"-{more}"]

    def _begin(self, name: str) -> None:
        self.current = copy.deepcopy(self._known.contexts[name])
        self.current.name = name  # as it was typed: `publish`, not `publish.run`
        self.calls.append(self.current)
        self._given = set()

    def _task(self) -> Task[Any] | None:
        return self._known.tasks[str(self.current.name)] if self.current is not None else None

    def _slot(self) -> Argument | None:
        """Return what the next argument of the current task would be."""
        positional = self.current.positional_args if self.current is not None else []
        free = (one for one in positional if one.kind is list or str(one.name) not in self._given)
        return next(free, None)

    def _is_argument(self, word: str, slot: Argument, *, is_task: bool) -> bool:
        if not isinstance(self._task(), Command):
            return True  # as Invoke reads the tasks of others
        if not word:
            return True
        if slot.name == ID:
            return "/" in word or word in self._ids()
        # A path, a reference (`oci:layout`), or a file with arguments (`@file`): no task has such a name.
        return os.path.lexists(word) or (not is_task and any(mark in word for mark in (os.sep, ":", "@")))

    def _ids(self) -> Collection[str]:
        return self._known.ids(str(self.current.name)) if self.current is not None else ()

    def _give(self, argument: Argument, value: str, shown: str) -> None:
        task = self.current.name if self.current is not None else ""
        name = str(argument.name)
        if not value and isinstance(self._task(), Command):
            raise UsageError(
                f"{shown} of {task} was given an empty value",
                advice="A variable of the shell that is not set? Leave it out for what it is by default.",
            )
        if name in self._given and argument.kind is not list:
            raise UsageError(f"{shown} of {task} was given twice", advice="It takes one value.")
        self._given.add(name)
        try:
            argument.value = value
        except ValueError:
            raise UsageError(f'{shown} of {task} is a number, and "{value}" is none') from None

    def _unknown(self, word: str) -> UsageError:
        slot = self._slot()
        if self.current is None:
            if word in self._known.ids("") or "/" in word:
                return UsageError(f'"{word}" comes after a task', advice=f"For example: inv package {word}.")
            return self._known.unknown_task(word)
        if slot is None:
            error = self._known.unknown_task(word)
            return UsageError(
                f'"{word}" is neither a task nor an argument of {self.current.name}, which takes '
                f"{'no more' if self._given else 'none'}",
                advice=error.advice,
            )
        what, names = ("an id", self._ids()) if slot.name == ID else ("an existing path", ())
        return UsageError(
            f'"{word}" is neither a task nor {what}',
            advice=near(word, [*self._known.contexts, *names]) or _help_advice(self.current.name),
        )

    def _ambiguous(self, word: str) -> UsageError:
        slot = self._slot()
        task = self.current.name if self.current is not None else ""
        clear = f"--id {word}" if slot is not None and slot.name == ID else f".{os.sep}{word}"
        return UsageError(
            f'"{word}" is both a task and an argument of {task}',
            advice=f"The argument: inv {task} {clear}. The task: give {task} another argument before it.",
        )

    def _unknown_option(self, name: str) -> UsageError:
        program = self._known.program.flags
        if self.current is None:
            advice = near(name, program) or "Options of a task come after its name. inv --help shows inv's."
            return UsageError(f"inv has no option {name}", advice=advice)
        if name in program:
            advice = f"It is an option of inv, and comes before the task: inv {name} {self.current.name}."
        else:
            advice = near(name, self.current.flags) or _help_advice(self.current.name)
        return UsageError(f"{self.current.name} has no option {name}", advice=advice)


def flag(context: ParserContext, name: str) -> Argument | None:
    """Return the argument of an option by any of its names; Invoke's `get` knows only the first."""
    return context.flags[name] if name in context.flags else None  # noqa: SIM401


def _help_advice(task: str | None) -> str:
    return f"inv {task} --help shows what it takes."


def _refuse_missing_path(context: ParserContext, task: Command) -> None:
    for argument in context.positional_args if task.existing else ():
        if argument.value and not os.path.lexists(argument.value):
            shown = str(argument.name).upper()
            raise UsageError(f"{shown} of {context.name} is a path, and {argument.value} is not there")


def _refuse_unknown_ids(context: ParserContext, vocabulary: Vocabulary) -> None:
    for argument in context.positional_args:
        for value in argument.value if argument.name == ID else ():
            vocabulary.check_id(str(context.name), value)


def _refuse_missing(context: ParserContext, task: Task[Any]) -> None:
    for argument in context.args.values():
        required = argument.name in task.required if isinstance(task, Command) else argument.positional
        if required and argument.value in (None, []):
            shown = str(argument.name).upper() if argument.positional else f"--{argument.names[0]}"
            said = f"{context.name} needs {shown}{f': {argument.help}' if argument.help else ''}"
            raise UsageError(said, advice=_help_advice(context.name))
