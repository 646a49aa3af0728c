"""Which files are installed from. There is one choice or an error; of equals none wins in silence.

1. What ``BP_PIP_REQUIREMENT`` names, or ``pyproject.toml`` if ``BP_PIP_PROJECT`` is set; not both.
2. ``requirements.txt``, ``pylock.toml`` or ``pylock.<name>.toml``, if there is exactly one of them.
3. ``pdm.lock`` or ``Pipfile.lock``, if there is no file of yet another manager.
4. ``pyproject.toml`` with ``[project]``, unless another manager's lock file says more than pip can read.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from app_venv.inputs import MANAGER_LOCKS, PDM_LOCK, PIPFILE_LOCK, PYPROJECT, manager_lock
from app_venv.inputs.requirement_files import is_lock
from app_venv.settings import PROJECT, REQUIREMENT, ProjectMode
from buildpack_api.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    from app_venv.inputs.selection import Selection
    from app_venv.settings import Settings

_DEFAULT = "requirements.txt"
_PIPFILE = "Pipfile"
_OTHER_LOCKS = ("uv.lock", "poetry.lock", PDM_LOCK, PIPFILE_LOCK)


@dataclass(frozen=True)
class InputChoice:
    """Files, or the project in the app directory. ``mode`` is None if the user did not choose one.

    ``passed_over`` are lock files of other managers, which may say something else.
    """

    files: tuple[str, ...] = ()
    mode: ProjectMode | None = None
    passed_over: tuple[str, ...] = field(default=(), compare=False)

    @property
    def project(self) -> bool:
        """Whether it is ``pyproject.toml``."""
        return not self.files


def choose(app_dir: Path, settings: Settings, selection: Selection) -> InputChoice:
    """Choose. Raises ConfigurationError that lists what contradicts, or that helps if there is nothing."""
    named, mode = settings.requirement, settings.project
    for name in named:
        _check_named(name, app_dir)
    if named and mode:
        raise ConfigurationError(
            f"{REQUIREMENT.name} and {PROJECT.name} are both set",
            detail=f"{REQUIREMENT.name} names {', '.join(named)}; {PROJECT.name} chooses {PYPROJECT}.",
            advice="Keep one of them. A requirements file may have a line for the project itself: -e . or .",
        )
    if mode and not (app_dir / PYPROJECT).is_file():
        raise ConfigurationError(
            f"{PROJECT.name} is set, but the app has no {PYPROJECT}",
            advice=f"Is it in the top directory of the app, and uploaded? If not, remove {PROJECT.name}.",
        )
    choice = InputChoice(named, mode) if named or mode else _found(app_dir, selection)
    _check_selection(choice, selection)
    there = (name for name in _OTHER_LOCKS if (app_dir / name).is_file())
    return replace(choice, passed_over=tuple(name for name in there if name not in choice.files))


def _check_named(name: str, app_dir: Path) -> None:
    """Refuse what is no file of requirements. An address is not shown: it may hold a password."""
    from app_venv.inputs.missing import FOREIGN_LOCKS  # few builds name files

    if "://" in name:
        raise ConfigurationError(
            f"{REQUIREMENT.name} names an address, and only files of the app can be named",
            advice="A requirements file of the app may have the line: -r https://...",
        )
    base = name.rpartition("/")[2]
    manager = FOREIGN_LOCKS.get(base)
    advice = ""
    if base == PYPROJECT:
        advice = f"Set {PROJECT.name} (dependencies, editable or wheel) instead."
    elif manager:
        advice = f"It is a file of {manager.name}. "
        advice += (
            f"Commit what this gives:\n  {manager.export}" if manager.export else "List what the app needs."
        )
    elif base.endswith(".lock") and not manager_lock(name):
        advice = f"Of lock files with other names than {' and '.join(MANAGER_LOCKS)} nothing is known."
    elif base in ("setup.py", "setup.cfg"):
        advice = "A requirements file with the line '.' installs the project."
    elif not (app_dir / name).exists() and any(mark in name for mark in "\"',;*"):
        advice = (
            "Write the names alone, without quotation marks, with blanks between; patterns are not known."
        )
    if advice:
        raise ConfigurationError(f"{REQUIREMENT.name} names no requirements file: {name}", advice=advice)


def _found(app_dir: Path, selection: Selection) -> InputChoice:
    files = [name for name in (_DEFAULT, *_locks(app_dir)) if (app_dir / name).is_file()]
    if len(files) > 1:
        raise ConfigurationError(
            f"The app has several files to install from: {', '.join(files)}",
            detail="Which one is meant cannot be told, and they may say different things.",
            advice=f"Delete all but one, or choose with a variable, such as {REQUIREMENT.name}={files[-1]}",
        )
    if files:
        return InputChoice(tuple(files))
    lock = _manager_lock(app_dir)
    if lock:
        return InputChoice((lock,))
    if not _has_project(app_dir, selection):
        from app_venv.inputs.missing import nothing_to_install  # most apps have something

        raise nothing_to_install(app_dir)
    _refuse_foreign_lock(app_dir)
    return InputChoice()


def _manager_lock(app_dir: Path) -> str:
    """Return the lock of another manager that can be read, or nothing."""
    there = [name for name in _OTHER_LOCKS if (app_dir / name).is_file()]
    if PIPFILE_LOCK not in there and (app_dir / _PIPFILE).is_file():
        there.append(_PIPFILE)
    readable = [name for name in there if name in MANAGER_LOCKS]
    if readable and len(there) > 1:
        raise ConfigurationError(
            f"The app has files of several managers: {', '.join(there)}",
            detail="Which one is meant cannot be told, and they may say different things.",
            advice=f"Delete all but one, or choose with a variable, such as {REQUIREMENT.name}={readable[0]}",
        )
    return readable[0] if readable else ""


def _locks(app_dir: Path) -> list[str]:
    return sorted(path.name for path in app_dir.glob("pylock.*") if is_lock(path.name))


def _has_project(app_dir: Path, selection: Selection) -> bool:
    if not (app_dir / PYPROJECT).is_file():
        return False
    from app_venv.inputs.project_table import read_project_table  # for those who have one

    table = read_project_table(app_dir / PYPROJECT)
    return table.project is not None or bool(table.groups and selection.groups)


def _refuse_foreign_lock(app_dir: Path) -> None:
    from app_venv.inputs.missing import FOREIGN_LOCKS

    for name, manager in FOREIGN_LOCKS.items():
        if manager.export and (app_dir / name).is_file():
            from app_venv.inputs.project import choose_mode
            from app_venv.inputs.project_table import read_project_table

            mode, why = choose_mode(read_project_table(app_dir / PYPROJECT), app_dir)
            installed = mode is not ProjectMode.DEPENDENCIES
            own = f" It installs the project too, since {why}." if installed and manager.with_project else ""
            raise ConfigurationError(
                f"{PYPROJECT} comes with {name}, which pip cannot read",
                detail=f"It is a file of {manager.name}. From {PYPROJECT} alone other versions than those "
                "that it pins could be installed.",
                advice=f"Commit what this gives:\n  {manager.commands(project=installed)}\n{own}"
                f"Or set {PROJECT.name} (dependencies, editable or wheel) to install without the lock.",
            )


def _check_selection(choice: InputChoice, selection: Selection) -> None:
    locked = any(is_lock(name) or manager_lock(name) for name in choice.files)
    if choice.project or locked or not selection.wanted:
        return
    raise ConfigurationError(
        f"{' and '.join(selection.variables)} cannot be used with {', '.join(choice.files)}",
        detail=f"Extras and groups are those of {PYPROJECT} or of a lock file.",
        advice=f"Set {PROJECT.name} to install from {PYPROJECT}, or remove the variable. A requirements file "
        "names extras itself: package[extra]",
    )
