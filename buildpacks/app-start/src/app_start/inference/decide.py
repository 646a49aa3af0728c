"""From what the rules have found to what starts by itself: only what nothing else speaks against."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_start.inference.candidate import Strength
from app_start.inference.hints import hints
from app_start.inference.rules import RULES
from app_start.inference.rules.main_program import MAIN
from app_start.inference.served import Findings
from app_start.processes import WEB, StartPlan
from app_start.settings import START_COMMAND

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app_start.inference.candidate import Candidate
    from app_start.inference.project import Project

_SERVER_FRAMEWORKS = (
    "aiohttp", "bottle", "django", "fastapi", "fastmcp", "flask", "gradio", "gunicorn", "litestar", "mcp",
    "quart", "sanic", "starlette", "streamlit", "tornado", "uvicorn",
)  # fmt: skip


def inferred_plan(project: Project) -> StartPlan:
    """Return what the app's files show. Raises ConfigurationError for a file that contradicts itself."""
    findings = Findings(project)
    found = [one for rule in RULES for one in rule(findings)]
    chosen, rivals = _choice(found, project)
    processes = {one.type: one.process for one in reversed(_named(found, chosen))}
    default = chosen.type if chosen else ""
    remarks = tuple((chosen.note, "") for _ in "." if chosen and chosen.note)
    ordered = tuple(sorted(processes.values(), key=lambda one: one.type != default))
    return StartPlan(ordered, default, remarks, "" if chosen else _advice(found, rivals, project))


def _choice(found: list[Candidate], project: Project) -> tuple[Candidate | None, list[Candidate]]:
    """Return what starts by itself; else None, and what might be meant."""
    by_strength = {
        strength: _different(one for one in found if one.strength is strength) for strength in Strength
    }
    said, seen = by_strength[Strength.SAID], by_strength[Strength.FOUND]
    scripts, mains = by_strength[Strength.SCRIPT], by_strength[Strength.MAIN]
    mains = [one for one in mains if one.root not in {script.package for script in scripts}]
    if said:
        return _only(said)
    beside = mains if all(one.weak for one in seen) else []
    if any(one.startable for one in seen):
        roots = {one.root for one in seen}
        return _only([*seen, *(one for one in (*scripts, *beside) if one.root not in roots)])
    if scripts and not (seen or mains) and not project.environment.has_any(*_SERVER_FRAMEWORKS):
        return None, scripts
    if seen and not beside:  # a web app without a server: only what serves one may be it
        mains = [one for one in mains if one.type == WEB]
    if mains or (scripts and not seen):
        return _only([*mains, *scripts])
    return (None, seen) if seen or scripts else _only(by_strength[Strength.WORKER])


def _only(rivals: list[Candidate]) -> tuple[Candidate | None, list[Candidate]]:
    """Return the only one, if it can be started."""
    return (rivals[0], []) if len(rivals) == 1 and rivals[0].startable else (None, rivals)


def _different(found: Iterator[Candidate]) -> list[Candidate]:
    """Leave out what is the same thing found twice: what can be started counts."""
    kept: dict[object, Candidate] = {}
    for one in found:
        before = kept.get(one.root)
        if before is None or (one.startable and not before.startable):
            kept[one.root] = one
    return list(kept.values())


def _named(found: list[Candidate], chosen: Candidate | None) -> list[Candidate]:
    """Return what becomes a process: what starts by itself, scripts, workers, what is for the asking."""
    kept = [chosen] if chosen else []
    named = {chosen.type} if chosen else set()
    for one in found:
        said = one.strength is Strength.SAID and one.type != WEB
        is_process = said or one.strength in (Strength.SCRIPT, Strength.WORKER, Strength.NEVER)
        only_where_nothing_starts = one.strength is Strength.NEVER and one.type == MAIN and chosen is not None
        if one.startable and is_process and one.type not in named and not only_where_nothing_starts:
            kept.append(one)
            named.add(one.type)
    return kept


def _missing(found: list[Candidate]) -> list[Candidate]:
    return [one for one in found if one.missing]


def _advice(found: list[Candidate], rivals: list[Candidate], project: Project) -> str:
    """Say why nothing starts by itself, and what would."""
    lines = []
    if len(rivals) > 1:
        lines.append(f"Several things may be meant. {START_COMMAND.name} says for the build which one:")
        lines += [f"  {one.process.text}  ({one.evidence})" for one in rivals if one.startable]
        lines += [f"  {one.evidence}: {one.missing}" for one in rivals if one.missing]
        return "\n".join(lines)
    missing = _missing(found)
    if missing:
        return "\n".join(f"{one.evidence}, but {one.missing}." for one in missing)
    for one in rivals:
        lines.append(f"{one.process.text} is there for whoever asks for it: {one.evidence}.")
    for one in found:
        if one.strength is Strength.NEVER and one.startable and one.type == MAIN:
            lines.append(f"{one.process.text} is there for whoever asks for it: {one.evidence}.")
    if not found:
        lines.append(
            f"None of its Python files ({len(project.files)}) has a web app, a main guard or the like."
        )
    return "\n".join([*lines, *hints(project)])
