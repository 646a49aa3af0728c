"""Two processes for whoever develops in a container: one that follows changes, one for a debugger."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

from app_start.processes import WEB, AppProcess, StartPlan
from app_start.settings import DEBUG, DEBUG_PORT, LIVE_RELOAD
from app_start.shell_line import shell_command

if TYPE_CHECKING:
    from app_start.environment import Environment
    from app_start.settings import Settings

RELOAD, DEBUGGED = f"reload-{WEB}", f"debug-{WEB}"
_OPTIONS = {
    "gunicorn": "--reload",
    "uvicorn": "--reload",
    "hypercorn": "--reload",
    "sanic": "--reload",
    "streamlit run": "--server.runOnSave true",
    "panel serve": "--autoreload",
    "chainlit run": "--watch",
}
"""How servers are told to follow changes of files."""
_MODULES = frozenset({"gunicorn", "uvicorn", "hypercorn", "streamlit", "panel", "chainlit"})
"""Programs that ``python -m`` runs as well."""
_LISTEN = f'python -Xfrozen_modules=off -m debugpy --listen "0.0.0.0:${{{DEBUG_PORT.name}:-5678}}"'


def with_development(plan: StartPlan, settings: Settings, environment: Environment | None) -> StartPlan:
    """Return the plan with the processes that are asked for, or with why there are none."""
    web = next((one for one in plan.processes if one.type == plan.default), None)
    if web is None:
        return plan
    if settings.live_reload:
        plan = _added(plan, _reloading(web, environment), "watchfiles", LIVE_RELOAD.name, default=True)
    if settings.debug:
        plan = _added(plan, _debugged(web, environment), "debugpy", DEBUG.name, default=False)
    return plan


def _added(
    plan: StartPlan, process: AppProcess | None, wanted: str, variable: str, *, default: bool
) -> StartPlan:
    if process is None:
        title = f"{variable} does nothing for {plan.default}"
        remark = (title, f"It takes {wanted} among what the app requires, or another server.")
        return replace(plan, remarks=(*plan.remarks, remark))
    name = process.type if default else plan.default
    return replace(plan, processes=(*plan.processes, process), default=name)


def _reloading(web: AppProcess, environment: Environment | None) -> AppProcess | None:
    line = _line(web).replace("sanic --single-process ", "sanic ")  # which cannot start anew
    for program, option in _OPTIONS.items():
        told = re.sub(rf"(?<![\w./-]){re.escape(program)}(?= )", f"{program} {option}", line, count=1)
        if told != line:
            return _process(web, RELOAD, told, LIVE_RELOAD.name)
    if environment is not None and environment.has("watchfiles"):
        # It starts a program, not a line of shell, and ends it with SIGINT.
        target = shlex.join(shell_command(line, RELOAD).command)
        command = ("watchfiles", "--filter", "python", "--target-type", "command", target, ".")
        shown = f"watchfiles --filter python '{line}' ."
        return replace(web, type=RELOAD, command=command, shown=shown, evidence=LIVE_RELOAD.name)
    return None


def _debugged(web: AppProcess, environment: Environment | None) -> AppProcess | None:
    program, _, rest = _line(web).partition(" ")
    if environment is None or not environment.has("debugpy"):
        return None
    if program in ("python", "python3"):
        return _process(web, DEBUGGED, f"{_LISTEN} {rest}", DEBUG.name)
    return (
        _process(web, DEBUGGED, f"{_LISTEN} -m {program} {rest}", DEBUG.name) if program in _MODULES else None
    )


def _line(web: AppProcess) -> str:
    """Return the command as a line of shell."""
    return web.text if web.command[:1] in (("sh",), ("bash",)) else shlex.join(web.command)


def _process(web: AppProcess, name: str, line: str, variable: str) -> AppProcess:
    return replace(web, type=name, command=shell_command(line, name).command, shown=line, evidence=variable)
