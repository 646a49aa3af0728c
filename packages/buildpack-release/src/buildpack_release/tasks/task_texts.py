"""What the command line says of its tasks: the list of them, and the help of one."""

from __future__ import annotations

import inspect
import sys
import textwrap
from typing import TYPE_CHECKING, Any

from buildpack_release.tasks.command import SECTIONS, Command
from buildpack_release.terminal import Style, styled, width_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from invoke.parser.argument import Argument
    from invoke.parser.context import ParserContext
    from invoke.tasks import Task

_OTHERS = "Others"
_ROOM_FOR_SECTIONS = 70


def task_list(tasks: Mapping[str, Task[Any]]) -> str:
    """Return the tasks below the headings of their sections: beside them where there is room."""
    sections: dict[str, list[tuple[str, str]]] = {section: [] for section in SECTIONS}
    for name, task in tasks.items():
        section = task.section if isinstance(task, Command) else _OTHERS
        sections.setdefault(section, []).append((name, _first_line(task)))
    sections = {section: rows for section, rows in sections.items() if rows}
    wide = (width_of(sys.stdout) or _ROOM_FOR_SECTIONS) >= _ROOM_FOR_SECTIONS
    margin = max(len(section) for section in sections) + 2 if wide else 2
    lines = []
    for section, rows in sections.items():
        heading = styled(section, Style.HEADING, sys.stdout)
        table = columns_of(rows, margin=margin, first=max(len(name) for name in tasks))
        lines.append(heading + table[len(section) :] if wide else f"{heading}\n{table}")
    return "".join(lines)


def task_help(name: str, context: ParserContext, task: Task[Any]) -> str:
    """Return the help of a task: how it is called, what it does, its options."""
    arguments = [_argument(one, task) for one in context.positional_args]
    options = [one for one in context.args.values() if not one.positional or one.kind is list]
    usage = " ".join([f"inv {name}", *arguments, *(["[OPTIONS]"] if options else [])])
    rows = [(_names(one, context), one.help or "") for one in options]
    told = [(str(one.name).upper(), one.help or "") for one in context.positional_args]
    parts = [f"{_heading('Usage:')} {usage}\n", f"{inspect.getdoc(task) or ''}\n"]
    first = max((len(row[0]) for row in [*rows, *told]), default=0)
    if told:
        parts.append(f"{_heading('Arguments:')}\n{columns_of(told, margin=2, first=first)}")
    if rows:
        parts.append(f"{_heading('Options:')}\n{columns_of(rows, margin=2, first=first)}")
    return "\n".join(parts)


def columns_of(rows: Iterable[tuple[str, str]], *, margin: int, first: int) -> str:
    """Return names and what they mean in two columns: one below the other where a terminal is too narrow."""
    width = width_of(sys.stdout)
    beside = width is None or 2 * (margin + first) <= width
    indent = " " * (margin + (first + 2 if beside else 4))
    lines = []
    for name, text in rows:
        wrapped = (
            [text] if width is None else textwrap.wrap(text, width - len(indent), break_long_words=False)
        )
        if beside and wrapped:
            lines.append(f"{' ' * margin}{name.ljust(first)}  {wrapped.pop(0)}".rstrip())
        else:
            lines.append(" " * margin + name)
        lines += [indent + more for more in wrapped]
    return "".join(f"{line}\n" for line in lines)


def _heading(text: str) -> str:
    return styled(text, Style.HEADING, sys.stdout)


def _first_line(task: Task[Any]) -> str:
    return (inspect.getdoc(task) or "").partition("\n")[0]


def _argument(argument: Argument, task: Task[Any]) -> str:
    shown = str(argument.name).upper() + (" ..." if argument.kind is list else "")
    required = isinstance(task, Command) and argument.name in task.required
    return shown if required or not isinstance(task, Command) else f"[{shown}]"


def _names(argument: Argument, context: ParserContext) -> str:
    names = [f"-{name}" if len(name) == 1 else f"--{name}" for name in argument.names]
    if f"--no-{argument.names[0]}" in context.inverse_flags:
        names.append(f"--no-{argument.names[0]}")
    value = f" {str(argument.names[0]).upper()}" if argument.takes_value else ""
    return ", ".join(names) + value
