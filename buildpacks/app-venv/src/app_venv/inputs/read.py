"""All inputs of a build as one value: chosen, read, checked and weighed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_venv.inputs import PYPROJECT, manager_lock
from app_venv.inputs.choice import choose
from app_venv.inputs.pinning import Evidence, PinnedInputs
from app_venv.inputs.requirement_files import is_lock, read_requirements
from app_venv.inputs.wheelhouse import find_wheelhouse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from app_venv.inputs.choice import InputChoice
    from app_venv.inputs.selection import Wanted


def read_inputs(wanted: Wanted) -> PinnedInputs:
    """Read what is to be installed. Raises ConfigurationError, which names the file or the variable."""
    app_dir, variables = wanted.app_dir, wanted.variables
    choice = choose(app_dir, wanted.settings, wanted.selection)
    found, remark, listing = Evidence(), "", ""
    locks = [name for name in choice.files if manager_lock(name)]
    if choice.project:
        from app_venv.inputs.project import read_project  # one kind of file in each build

        title, arguments, remark = read_project(choice.mode, wanted, found)
    elif locks:
        from app_venv.inputs.manager_locks import read_manager_lock

        made = read_manager_lock(locks[0], wanted, found, alone=len(choice.files) == 1)
        title, arguments = _title(locks, wanted), made.arguments
        remark, listing = made.remark, made.text
    else:
        title, arguments = _read_files(choice.files, wanted, found)
    # pip's own variables: they constrain whatever is installed.
    read_requirements((), _constraints(variables), app_dir, variables, found)
    _know_project(app_dir, found)
    empty = not arguments
    wheelhouse = find_wheelhouse(app_dir, wanted.settings.dest_path)
    if wheelhouse:
        found.add(wheelhouse.name, wheelhouse.contents)
        title, arguments = f"{title}, {wheelhouse.title}", (*wheelhouse.arguments, *arguments)
    inputs = PinnedInputs(
        title,
        arguments,
        tuple(found.files),
        found.digest,
        tuple(found.requirements),
        remark,
        _passed_over(choice),
        empty=empty,
        offline=wheelhouse is not None,
        unfilled=tuple(dict.fromkeys(found.unfilled)),
        secrets=tuple(found.secrets),
        hashes=frozenset(found.hashes),
        written=tuple(found.written),
        listing=listing,
        conditional=tuple(found.conditional),
        lines=tuple(found.lines),
        missing=tuple(found.missing),
    )
    if wanted.settings.require_hashes:
        inputs.require_hashes()
    return inputs


def _read_files(names: Sequence[str], wanted: Wanted, found: Evidence) -> tuple[str, tuple[str, ...]]:
    arguments = list[str]()
    for name in names:
        if is_lock(name):
            from app_venv.inputs.locks import read_lock

            arguments += read_lock(name, wanted, found, alone=len(names) == 1)
        else:
            read_requirements([name], (), wanted.app_dir, wanted.variables, found)
            arguments += ("--requirement", name)
    return _title(names, wanted), tuple(arguments)


def _title(names: Sequence[str], wanted: Wanted) -> str:
    selection = f" with {wanted.selection.shown}" if wanted.selection.wanted else ""
    return " ".join(names) + selection


def _know_project(app_dir: Path, found: Evidence) -> None:
    """Note the secrets of ``pyproject.toml``, which pip reads whenever the app itself is installed."""
    try:
        if b"://" not in (app_dir / PYPROJECT).read_bytes():
            return
    except OSError:
        return
    from app_venv.inputs.project_table import requirement_texts  # few have an address

    for text in requirement_texts(app_dir / PYPROJECT):
        found.know(text, PYPROJECT)


def _passed_over(choice: InputChoice) -> str:
    if not choice.passed_over:
        return ""
    chosen = " ".join(choice.files) or PYPROJECT
    return f"{', '.join(choice.passed_over)}: {chosen} says what is installed, with pip"


def _constraints(variables: Mapping[str, str]) -> list[str]:
    names = (variables.get(name, "") for name in ("PIP_CONSTRAINT", "PIP_BUILD_CONSTRAINT"))
    return [name for value in names for name in value.split()]
