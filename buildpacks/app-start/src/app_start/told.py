"""What the user says is started: a variable, and the processes of the Procfile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_start.addresses import unreachable
from app_start.processes import WEB, AppProcess, StartPlan
from app_start.procfile import (
    NAME,
    RELEASE,
    Procfile,
    ProcfileEntry,
    checked_command,
    misspelt,
    read_procfile,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app_start.settings import Settings
    from app_start.shell_line import ShellCommand

_SIGNALS = (
    "It passes SIGTERM on to all, and arguments of the container's user to nobody. Where the app's command "
    "is the only one, or the last after && or ;, the app itself is the first process."
)


def told_plan(settings: Settings, app_dir: Path) -> StartPlan | None:
    """Return what the variable and the Procfile say; None if both are silent. Raises ConfigurationError.

    Without processes it has remarks alone: on a Procfile that names none.
    """
    procfile = read_procfile(app_dir)
    entries = list(procfile.entries) if procfile else []
    remarks = [(f"{NAME}, {remark}", "") for remark in procfile.remarks] if procfile else []
    if procfile is None:
        remarks = [(f"{one} is not read: it would be as {NAME}, exactly so", "") for one in misspelt(app_dir)]
    processes = [_process(entry) for entry in entries]
    default = procfile.default if procfile else ""
    if settings.command:
        if any(one.type == WEB for one in processes):
            remarks.append((f"{settings.source} is started, not the process {WEB} of {NAME}", ""))
        command = checked_command(settings.command, WEB, settings.source)
        own = AppProcess(WEB, command.command, settings.source, settings.command, programs=command.programs)
        processes = [own, *(one for one in processes if one.type != WEB)]
        default = WEB
        remarks += _line_remarks(settings.source, settings.command, command)
    if not processes:
        return StartPlan(remarks=tuple(remarks)) if remarks else None
    for entry in entries:
        if entry.type != WEB or not settings.command:
            remarks += _line_remarks(f"{NAME} line {entry.number}", entry.line, entry.command)
    return StartPlan(
        tuple(processes), default, tuple(remarks), _advice(procfile, default), source=settings.source or NAME
    )


def _process(entry: ProcfileEntry) -> AppProcess:
    evidence = f"{NAME} line {entry.number}"
    if entry.type == RELEASE:
        evidence += "; no CNB platform runs it by itself"
    return AppProcess(
        entry.type, entry.command.command, evidence, entry.line, programs=entry.command.programs
    )


def _line_remarks(place: str, line: str, command: ShellCommand) -> Iterator[tuple[str, str]]:
    if lacking := unreachable(line):
        yield f"{place}: only its own container can reach what it starts", f"It takes {lacking}."
    if command.shell == "bash":
        yield f"{place} is written for bash, which the run image must have", ""
    if not command.replaces_shell:
        yield f"{place}: the shell stays the first process, since the line is no single command", _SIGNALS


def _advice(procfile: Procfile | None, default: str) -> str:
    if default or procfile is None:
        return ""
    return f"Call one of the processes web, and it starts by itself ({NAME})."
