"""What Poetry installs: the lock file, the project that it is of, and what the user chooses of both."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from app_venv.inputs import PYPROJECT
from app_venv.inputs.pinning import Evidence, PinnedRequirement, Pinning
from app_venv.inputs.selection import Selection
from app_venv.installers.lock_inputs import (
    LockFileInputs,
    file_text,
    missing_file,
    refuse_variables_of_pip,
)
from app_venv.installers.poetry import lock as poetry_lock
from app_venv.installers.poetry.project import read_poetry_project
from app_venv.settings import EXTRAS, GROUPS, POETRY_EXTRAS, POETRY_GROUPS
from buildpack_common.known_secrets import address_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from app_venv.installers.locked_packages import LockedPackages
    from app_venv.settings import Settings
    from buildpack_api.interpreter import Interpreter

_OTHERS = ("requirements.txt", "pylock.toml", "uv.lock", "pdm.lock", "Pipfile.lock")


@dataclass(frozen=True)
class PoetryInputs(LockFileInputs):
    """The inputs of Poetry.

    ``direct`` are the names that the project asks for, ``project`` is its own if it is installed itself.
    """

    direct: frozenset[str] = frozenset()
    project: str = ""

    def read_lock(self, app_dir: Path, environment: Mapping[str, str]) -> LockedPackages:
        """Return what is installed of the lock."""
        return poetry_lock.read_lock(app_dir / poetry_lock.NAME, self.selection, self.direct, environment)

    @cached_property
    def weighed(self) -> tuple[PinnedRequirement, ...]:
        """All that is installed, with what the lock determines of it; it does not list the project."""
        if not self.project:
            return super().weighed
        own = PinnedRequirement(PYPROJECT, "the project itself", Pinning.UNPROVABLE, "is linked, not copied")
        return (*super().weighed, own)


def read_poetry_inputs(
    app_dir: Path, environment: Mapping[str, str], settings: Settings, interpreter: Interpreter
) -> PoetryInputs:
    """Read what is to be installed. Raises ConfigurationError, which names the file or the variable."""
    instead = {EXTRAS: POETRY_EXTRAS, GROUPS: POETRY_GROUPS}
    refuse_variables_of_pip(settings, "Poetry", poetry_lock.NAME, instead)
    for name, missing in ((poetry_lock.NAME, "poetry lock"), (PYPROJECT, "")):
        if not (app_dir / name).is_file():
            raise missing_file(name, "Poetry", missing, environment)
    project = read_poetry_project(app_dir / PYPROJECT)
    project.refuse_plugins()
    selection = Selection(settings.poetry_extras, settings.poetry_groups)
    found = Evidence()
    lock, text = (file_text(app_dir / name) for name in (poetry_lock.NAME, PYPROJECT))
    found.add(poetry_lock.NAME, lock)
    found.add(PYPROJECT, project.relevant)
    for name, content in ((poetry_lock.NAME, lock), (PYPROJECT, text)):
        found.secrets += address_secrets(content, name)
    with_project = project.is_package and not settings.poetry_no_root
    inputs = PoetryInputs(
        title=_title(selection, no_root=settings.poetry_no_root),
        arguments=tuple(_arguments(selection, no_root=settings.poetry_no_root)),
        files=tuple(found.files),
        digest=found.digest,
        passed_over=_passed_over(app_dir),
        secrets=tuple(found.secrets),
        written=tuple(found.secrets),
        conditional=tuple(found.conditional),
        lock_name=poetry_lock.NAME,
        app_dir=app_dir,
        selection=selection,
        interpreter=interpreter,
        direct=frozenset({*project.direct(selection), *([project.name] if with_project else [])}),
        project=project.name or "app" if with_project else "",
    )
    if settings.require_hashes:
        inputs.require_hashes()
    return inputs


def _title(selection: Selection, *, no_root: bool) -> str:
    parts = [poetry_lock.NAME, *([f"with {selection.shown}"] if selection.wanted else [])]
    return " ".join([*parts, *(["without the project"] if no_root else [])])


def _arguments(selection: Selection, *, no_root: bool) -> Iterator[str]:
    for group in ("main", *selection.groups):
        yield f"--only={group}"
    for extra in selection.extras:
        yield f"--extras={extra}"
    if no_root:
        yield "--no-root"


def _passed_over(app_dir: Path) -> str:
    there = [name for name in _OTHERS if (app_dir / name).is_file()]
    return f"{', '.join(there)}: {poetry_lock.NAME} says what is installed, with Poetry" if there else ""
