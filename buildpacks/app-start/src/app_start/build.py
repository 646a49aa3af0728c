"""Build: what the user says, else what the app's files show; then `launch.toml`, one layer, the summary.

Each step is a module of its own; this one says in which order they come.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from app_start.environment import find_environment
from app_start.layer import AtStart, write_layer
from app_start.processes import StartPlan
from app_start.programs import ImagePrograms
from app_start.settings import WorkersMode, read_settings
from app_start.summary import tell
from app_start.told import told_plan
from buildpack_api.errors import PlatformError
from buildpack_api.interpreter import find_interpreter
from buildpack_api.launch import Launch

if TYPE_CHECKING:
    from app_start.environment import Environment
    from app_start.settings import Settings
    from buildpack_api.context import BuildContext
    from buildpack_api.interpreter import Interpreter

_CONTROL_SOCKET = (25, 1)  # the first gunicorn that has one
_SESSIONS = ("fastapi-mcp", "fastmcp", "flask-socketio", "python-socketio")
"""With these, requests of one client have to reach one worker, which no server here sees to."""
_SESSIONS_IF_REQUESTED = "mcp"
"""The same; as a package that another one brings along it is for clients."""


def build(context: BuildContext) -> None:
    """Say what the image starts."""
    settings = read_settings(context.environment)
    interpreter = _interpreter(context)
    environment = find_environment(interpreter, context.environment) if interpreter else None
    told = told_plan(settings, context.app_dir)
    plan = told if told and told.processes else _inferred(context, environment)
    if told and plan is not told:
        plan = replace(plan, remarks=(*told.remarks, *plan.remarks))
    if settings.live_reload or settings.debug:
        from app_start.development import with_development  # few images are for that

        plan = with_development(plan, settings, environment)
    if not plan.processes:
        Launch().write(context.layers.root)
        tell(plan, context.output)
        return
    python = Path(os.path.realpath(interpreter.executable)) if interpreter else None
    write_layer(context, python, _at_start(plan, settings, environment, context.app_dir))
    plan.launch().write(context.layers.root)
    tell(plan, context.output, ImagePrograms(context))


def _inferred(context: BuildContext, environment: Environment | None) -> StartPlan:
    """Return what the app's files show; nothing without a Python in the image."""
    if environment is None:
        return StartPlan()
    from app_start.inference.decide import inferred_plan  # not for who is told
    from app_start.inference.project import Project

    return inferred_plan(Project(context.app_dir, environment, context.environment))


def _interpreter(context: BuildContext) -> Interpreter | None:
    """Return the app's Python; None if no Python is for the image."""
    try:
        return find_interpreter(context)
    except PlatformError:
        return None


def _at_start(
    plan: StartPlan, settings: Settings, environment: Environment | None, app_dir: Path
) -> dict[str, AtStart]:
    if environment is None:
        return {}
    sdk = environment.distributions.get(_SESSIONS_IF_REQUESTED)
    sessions = environment.has_any(*_SESSIONS) or (sdk is not None and sdk.requested)
    workers = settings.workers is WorkersMode.AUTO and not sessions
    configured = "".join(path.read_text("utf-8", "replace") for path in app_dir.glob("gunicorn*.py"))
    return {
        one.type: AtStart(
            workers and bool(one.servers) and not one.type.startswith(("reload-", "debug-")),
            "gunicorn" in one.servers and "worker_tmp_dir" not in configured,
            "gunicorn" in one.servers
            and "control_socket" not in configured
            and environment.version("gunicorn") >= _CONTROL_SOCKET,
        )
        for one in plan.processes
    }
