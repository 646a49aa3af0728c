"""Checks of one component's detect/ folder: the plans it declares and the markers that choose them."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from buildpack_release.errors import ReleaseError
from buildpack_release.model.build_plan import (
    DETECT,
    MARKERS,
    MESSAGE,
    PLAN,
    DeclaredPlan,
    detect_directories,
    read_markers,
    read_plan,
)
from buildpack_release.model.finding import Finding, Severity
from buildpack_release.model.table import suggestion
from buildpack_release.model.toml_source import TomlSource

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from buildpack_release.model.repository import Buildpack

_TABLE = re.compile(r"(?P<file>.+?) has \[[A-Za-z0-9_.-]+\]")
_WITHOUT = " without "
_VARIABLE = re.compile(r"\$[A-Za-z_][A-Za-z0-9_]*")
_VALUE = re.compile(r"(?P<variable>\$.*?) is (?P<value>.*)")


def check_detect(buildpack_dir: Path) -> tuple[tuple[DeclaredPlan, ...] | None, tuple[Finding, ...]]:
    """Read the plans of a component and what is wrong with them; None for plans if some cannot be read."""
    directories = detect_directories(buildpack_dir)
    if not directories:
        advice = f"add {DETECT}/<name>/{PLAN}"
        message = "no plan is declared, so detection would never pass"
        return None, (Finding(Severity.ERROR, "detect", message, buildpack_dir / DETECT, advice=advice),)
    findings: list[Finding] = []
    messages = [directory for directory in directories if (directory / MESSAGE).is_file()]
    for directory in messages:
        findings += _check_message(directory)
    plans = [_check_directory(one, findings) for one in directories if one not in messages]
    readable = tuple(plan for plan in plans if plan is not None)
    findings += _unreachable(readable, messages)
    return (readable if len(readable) == len(plans) else None), tuple(findings)


def check_program(buildpack: Buildpack, declared: Collection[str]) -> tuple[Finding, ...]:
    """Find a component whose own bin/detect decides, unless its plan is declared."""
    if buildpack.id in declared:
        return ()
    message = "what this program provides and requires is not known, so no order with it can be proved"
    advice = f'declare it in pyproject.toml: [tool.buildpack-release.foreign."{buildpack.id}"]'
    return (Finding(Severity.WARNING, "detect", message, buildpack.directory / "bin/detect", advice=advice),)


def _check_directory(directory: Path, findings: list[Finding]) -> DeclaredPlan | None:
    findings += _strangers(directory)
    try:
        source = TomlSource.read(directory / PLAN)
        markers = read_markers(directory)
    except ReleaseError as error:
        file = error.file or directory
        message = error.title if file.exists() else "this file is missing: detection would fail"
        findings.append(Finding(Severity.ERROR, "detect", message, file, error.line))
        return None
    plan, found = read_plan(source)
    findings += found
    if all(alternative.is_empty for alternative in plan.alternatives):
        message = "this plan provides nothing and requires nothing"
        findings.append(Finding(Severity.ERROR, "empty-plan", message, source.path))
    if markers is not None:
        findings += _check_markers(directory / MARKERS, markers)
    return DeclaredPlan(directory.name, markers, plan, source)


def _check_message(directory: Path) -> Iterator[Finding]:
    """Check a directory that makes detection fail with a message."""
    yield from _strangers(directory, MESSAGE)
    try:
        markers = read_markers(directory)
        empty = not (directory / MESSAGE).read_text("utf-8").strip()
    except (ReleaseError, UnicodeDecodeError, OSError):
        message = "its files cannot be read as UTF-8"
        yield Finding(Severity.ERROR, "detect", message, directory)
        return
    if empty:
        yield Finding(Severity.ERROR, "detect", "this message is empty", directory / MESSAGE)
    if markers is not None:
        yield from _check_markers(directory / MARKERS, markers)


def _strangers(directory: Path, content: str = PLAN) -> Iterator[Finding]:
    for path in sorted(directory.iterdir()):
        if path.name not in {MARKERS, content} and not path.name.startswith("."):
            advice = suggestion(path.name, (MARKERS, content))
            yield Finding(Severity.ERROR, "detect", "detection does not know this file", path, advice=advice)


def _check_markers(path: Path, markers: tuple[str, ...]) -> Iterator[Finding]:
    if not markers:
        message = "no marker in this file: its plan would never be chosen"
        yield Finding(
            Severity.ERROR, "marker", message, path, advice="to choose the plan always, delete the file"
        )
    lines = path.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, start=1):
        if (marker := line.strip()) in markers and (fault := _marker_fault(marker)):
            yield Finding(Severity.ERROR, "marker", f'the marker "{marker}" {fault}', path, number)


def _marker_fault(marker: str) -> str:
    marker, separator, excluded = marker.partition(_WITHOUT)
    if separator and not excluded.split():
        return f"names no file after {_WITHOUT.strip()}"
    faults = (fault for one in (marker, *excluded.split()) if (fault := _simple_fault(one)))
    return next(faults, "")


def _simple_fault(marker: str) -> str:
    table = _TABLE.fullmatch(marker)
    if table:
        return "" if "*" not in table["file"] else "has a pattern: only one file can be read"
    value = _VALUE.fullmatch(marker)
    if value and not value["value"].strip():
        return "has no value after is"
    if marker.startswith("$"):
        marker = value["variable"] if value else marker
        return "" if _VARIABLE.fullmatch(marker) else "is not the name of a variable"
    if marker.startswith("/"):
        return "is absolute: markers are relative to the app"
    if ".." in marker.split("/"):
        return "leads out of the app"
    return "is a directory: only files are looked for" if marker.endswith("/") else ""


def _unreachable(plans: tuple[DeclaredPlan, ...], messages: list[Path]) -> Iterator[Finding]:
    """Find plans behind one that is always chosen, and messages that come before a plan.

    What refuses variables of the user may come first: it holds for every plan.
    """
    for directory in messages:
        if _refuses_variables(directory):
            continue
        later = next((plan for plan in plans if os.fsencode(plan.name) > os.fsencode(directory.name)), None)
        if later:
            message = f'it ends detection before "{later.name}" is tried: give it a later name'
            yield Finding(Severity.ERROR, "detect", message, directory / MESSAGE)
    always = next((plan for plan in plans if plan.is_unconditional), None)
    if always is None:
        return
    for plan in plans[plans.index(always) + 1 :]:
        message = f'never chosen: "{always.name}" comes before it and has no markers'
        yield Finding(Severity.ERROR, "detect", message, plan.source.path)


def _refuses_variables(directory: Path) -> bool:
    try:
        markers = read_markers(directory)
    except ReleaseError:
        return False  # that is a finding of its own
    return bool(markers) and all(marker.startswith("$") for marker in markers or ())
