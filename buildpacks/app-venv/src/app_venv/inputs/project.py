"""``pyproject.toml``: the project's dependencies, or the project itself with them (``BP_PIP_PROJECT``)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app_venv.inputs import PYPROJECT
from app_venv.inputs.markers import marker_environment
from app_venv.inputs.pinning import Evidence, Pinning
from app_venv.inputs.project_table import ProjectTable, read_project_table
from app_venv.inputs.requirement_files import classify
from app_venv.inputs.requirement_lines import RequirementLine
from app_venv.settings import PROJECT, ProjectMode
from buildpack_api.errors import ConfigurationError
from buildpack_common.parsing import parse_requirement

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from app_venv.inputs.selection import Selection, Wanted

_ENTRY_POINTS = ("scripts", "gui-scripts", "entry-points")


def choose_mode(table: ProjectTable, app_dir: Path) -> tuple[ProjectMode, str]:
    """Choose for a project about which the user said nothing, and say why.

    Modules in the app directory are importable without being installed. Commands and plug-ins are not there,
    nor is a package below ``src``, before the project is installed.
    """
    project = table.project or {}
    for key in _ENTRY_POINTS:
        if project.get(key):
            return ProjectMode.EDITABLE, f"it has [project.{key}]"
    if table.has_build_system and any(app_dir.glob("src/*/__init__.py")):
        return ProjectMode.EDITABLE, "its package is below src/"
    if "dependencies" in table.dynamic:
        return ProjectMode.EDITABLE, "its dependencies are dynamic: only its build backend knows them"
    return ProjectMode.DEPENDENCIES, "its modules are found in the app directory"


def read_project(
    mode: ProjectMode | None, wanted: Wanted, found: Evidence
) -> tuple[str, tuple[str, ...], str]:
    """Add the project to ``found``; return what is installed, pip's arguments, and why without a ``mode``.

    Raises ConfigurationError for a project that cannot be installed so.
    """
    selection = wanted.selection
    table = read_project_table(wanted.app_dir / PYPROJECT)
    table.check(selection)
    _check_python(table, wanted.interpreter.version)
    chosen, why = (mode, "") if mode else choose_mode(table, wanted.app_dir)
    why = f"{PROJECT.name} is not set: {chosen.value}, since {why}" if why else ""
    requirements = [text for group in selection.groups for text in table.group(group)]
    if chosen is ProjectMode.DEPENDENCIES:
        _check_listed(table, selection)
        _check_static(table, selection)
        requirements = [*table.dependencies(selection.extras), *requirements]
        arguments: tuple[str, ...] = ()
        title = f"the dependencies of {PYPROJECT}"
    else:
        arguments = _itself(table, chosen, selection, found)
        title = f"the project of {PYPROJECT} ({chosen.value})"
    _note_all(requirements, wanted, found)
    title += f" with {selection.shown}" if selection.wanted else ""
    return title, (*arguments, *requirements), why


def _check_python(table: ProjectTable, version: str) -> None:
    from packaging.specifiers import SpecifierSet

    try:
        fits = SpecifierSet(table.requires_python).contains(version, prereleases=True)
    except ValueError as error:  # InvalidSpecifier, or a number of thousands of digits
        raise ConfigurationError(
            f"{PYPROJECT}: requires-python is no version specifier",
            detail=f"{error}.",
            advice=_specifier(table.requires_python),
        ) from error
    if not fits:
        raise ConfigurationError(
            f"{PYPROJECT} is for another Python: requires-python is {table.requires_python}",
            detail=f"The app gets Python {version}.",
            advice="Choose the version with .python-version, or correct the file.",
        )


def _specifier(text: str) -> str:
    """Return what is probably meant by a version without an operator."""
    found = re.fullmatch(r"\s*(\d+(\.\d+)*)(\.\*)?\s*", text)
    if found is None:
        return "Write a specifier, such as: >=3.12"
    line = f"Write =={found[1]}.*"
    return line if found[3] else f"{line} for this line, or >={found[1]} for newer ones too."


def _check_listed(table: ProjectTable, selection: Selection) -> None:
    """Refuse a file whose dependencies are elsewhere: listing none does not mean that there are none."""
    if table.project is None and not selection.groups:
        there = f"They are in {table.elsewhere}, which pip cannot read." if table.elsewhere else ""
        raise ConfigurationError(
            f"{PYPROJECT} has no table [project], so it lists no dependencies",
            detail=there,
            advice=_other_ways(table),
        )
    project = table.project
    if table.elsewhere and project is not None and "dependencies" not in {*project, *table.dynamic}:
        raise ConfigurationError(
            f"{PYPROJECT} has its dependencies in {table.elsewhere}, not in [project]",
            detail="pip cannot read them there.",
            advice=f"Move them to [project] dependencies. {_other_ways(table)}",
        )


def _other_ways(table: ProjectTable) -> str:
    """Return how a project is installed whose dependencies are not in [project]."""
    if "poetry" in table.elsewhere:
        from app_venv.inputs.missing import POETRY  # only for an error

        locked = f"Commit what this gives:\n  {POETRY.export}"
    else:
        locked = "List what the app needs in requirements.txt."
    built = f"\nOr set {PROJECT.name} to wheel: then the project's own build backend says what it needs."
    return f"{locked}{built if table.has_build_system else ''}"


def _check_static(table: ProjectTable, selection: Selection) -> None:
    keys = ["dependencies", *(["optional-dependencies"] if selection.extras else [])]
    dynamic = [key for key in keys if key in table.dynamic]
    if dynamic:
        raise ConfigurationError(
            f"{PYPROJECT} does not list its {dynamic[0]}: they are dynamic",
            detail="Only the project's build backend knows them, so they cannot be installed without it.",
            advice=f"Set {PROJECT.name} to editable or wheel, or write them into [project].",
        )


def _itself(table: ProjectTable, mode: ProjectMode, selection: Selection, found: Evidence) -> tuple[str, ...]:
    if table.project is None and not table.has_build_system:
        raise ConfigurationError(
            f"{PYPROJECT} describes no project that could be installed",
            detail="It has neither [project] nor [build-system].",
            advice=f"Remove {PROJECT.name}. {_other_ways(table)}",
        )
    _check_identity(table)
    editable = mode is ProjectMode.EDITABLE
    why = "is linked, not copied" if editable else "is built from source code that the build backend picks"
    found.note(PYPROJECT, "the project itself", Pinning.UNPROVABLE, why)
    target = f".[{','.join(selection.extras)}]" if selection.extras else "."
    return ("--editable", target) if editable else (target,)


def _check_identity(table: ProjectTable) -> None:
    """Refuse what no build backend takes (PEP 621): all of them would say so, each in its own way."""
    project = table.project
    if project is None:
        return
    missing = [key for key in ("name", "version") if key not in {*project, *table.dynamic}]
    if missing:
        raise ConfigurationError(
            f"{PYPROJECT}: [project] has no {' and no '.join(missing)}, so the project cannot be installed",
            advice=f"Add it. To install only what it depends on, set {PROJECT.name} to "
            f"{ProjectMode.DEPENDENCIES.value}.",
        )


def _note_all(requirements: Iterable[str], wanted: Wanted, found: Evidence) -> None:
    """Check the requirements and add them: they, not the file, decide what is installed."""
    environment = marker_environment(wanted.interpreter)
    texts = list(requirements)
    for text in texts:
        try:
            marker = parse_requirement(text).marker
            counts = marker is None or marker.evaluate({**environment, "extra": ""})
        except ValueError as error:  # InvalidRequirement, or a marker that compares what cannot be compared
            raise ConfigurationError(
                f"{PYPROJECT} has an invalid requirement: {text}", detail=str(error).strip()
            ) from error
        if counts:
            found.note(PYPROJECT, text, *classify(RequirementLine(0, text, text), wanted.app_dir))
    found.add(PYPROJECT, "\n".join(texts))
