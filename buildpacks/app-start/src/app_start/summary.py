"""The end of the build: what the image starts by itself, what else it can start, and what deserves a look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_start.layer import PORT
from app_start.settings import START_COMMAND

if TYPE_CHECKING:
    from app_start.processes import AppProcess, StartPlan
    from app_start.programs import ImagePrograms
    from buildpack_api.output import Output


def tell(plan: StartPlan, output: Output, programs: ImagePrograms | None = None) -> None:
    """Print remarks and the summary."""
    for title, text in plan.remarks:
        output.warning(title, text)
    for one in plan.processes if programs else ():
        for name in one.programs:
            warning = programs.warning(name, one.evidence.partition(";")[0]) if programs else None
            if warning is not None:
                output.warning(*warning)
    output.summary("Summary", _rows(plan))
    if not plan.default:
        output.warning(*_nothing(plan))


def _rows(plan: StartPlan) -> list[tuple[str, str]]:
    ordered = sorted(plan.processes, key=lambda one: one.type != plan.default)
    rows = [_row(one, plan) for one in ordered]
    others = [one.type for one in ordered if one.type != plan.default]
    if others:
        rows.append(("to start another", f"docker run --entrypoint {others[0]} IMAGE"))
    if plan.processes:
        rows.append(("port", f"$PORT, {PORT} if it is not set"))
    return rows or [("starts", "nothing by itself")]


def _row(process: AppProcess, plan: StartPlan) -> tuple[str, str]:
    name = f"{process.type} (default)" if process.type == plan.default else process.type
    place = f", in {process.directory}" if process.directory else ""
    return name, f"{process.text}  ({process.evidence}{place})"


def _nothing(plan: StartPlan) -> tuple[str, str]:
    advice = plan.advice or (
        "Say what it starts: in a Procfile with the line 'web: COMMAND', or for the build with "
        f"{START_COMMAND.name}=COMMAND."
    )
    return "This image starts nothing by itself", advice
