"""What uv installs: the lock file, the project that it is of, and what the user chooses of both."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app_venv.inputs import PYPROJECT
from app_venv.inputs.pinning import Evidence
from app_venv.inputs.selection import Selection
from app_venv.installers.lock_inputs import LockFileInputs, file_text, missing_file, refuse_variables_of_pip
from app_venv.installers.uv import lock as uv_lock
from app_venv.settings import (
    EXTRAS,
    GROUPS,
    UV_EXTRAS,
    UV_GROUPS,
)
from buildpack_api import toml
from buildpack_api.errors import ConfigurationError
from buildpack_common.known_secrets import address_secrets

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from app_venv.installers.locked_packages import LockedPackages
    from app_venv.settings import Settings
    from buildpack_api.interpreter import Interpreter

_UV_TOML = "uv.toml"
# Local packages, as the lock names them. Reading it as TOML takes a tenth of a second in a large project.
_LOCAL = re.compile(r'\b(?:editable|virtual|directory) = "(?P<path>[^"\\]+)"')
# Of a pyproject.toml all that has a say in what is installed.
_TABLES = ("project", "dependency-groups", "build-system")


@dataclass(frozen=True)
class UvInputs(LockFileInputs):
    """The inputs of uv."""

    member: str = ""

    def read_lock(self, app_dir: Path, environment: Mapping[str, str]) -> LockedPackages:
        """Return what is installed of the lock."""
        return uv_lock.read_lock(app_dir / uv_lock.NAME, self.selection, self.member, environment)


def read_uv_inputs(
    app_dir: Path, environment: Mapping[str, str], settings: Settings, interpreter: Interpreter
) -> UvInputs:
    """Read what is to be installed. Raises ConfigurationError, which names the file or the variable."""
    refuse_variables_of_pip(settings, "uv", uv_lock.NAME, {EXTRAS: UV_EXTRAS, GROUPS: UV_GROUPS})
    for name, missing in ((uv_lock.NAME, "uv lock"), (PYPROJECT, "")):
        if not (app_dir / name).is_file():
            raise missing_file(name, "uv", missing, environment)
    found, chosen_by = Evidence(), list[str]()
    lock = file_text(app_dir / uv_lock.NAME)
    _add(found, uv_lock.NAME, lock)
    members = sorted({match["path"] for match in _LOCAL.finditer(lock)} | {"."})
    outside = [one for one in members if _is_outside(one)]
    for one in members:
        name = PYPROJECT if one == "." else f"{one}/{PYPROJECT}"
        if (app_dir / name).is_file():
            relevant = _relevant(app_dir / name)
            _add(found, name, file_text(app_dir / name), repr(relevant))
            chosen_by.append(repr(relevant[-1]))
    if (app_dir / _UV_TOML).is_file():
        _add(found, _UV_TOML, file_text(app_dir / _UV_TOML))
        chosen_by.append(file_text(app_dir / _UV_TOML))
    selection = Selection(settings.uv_extras, settings.uv_groups)
    inputs = UvInputs(
        title=_title(selection, settings.uv_package, frozen=settings.uv_frozen),
        arguments=tuple(_arguments(selection, settings, editable=not outside)),
        files=tuple(found.files),
        digest=found.digest,
        remark=_remark(outside),
        passed_over=_passed_over(app_dir),
        secrets=tuple(found.secrets),
        written=tuple(found.secrets),
        conditional=tuple(found.conditional),
        lock_name=uv_lock.NAME,
        app_dir=app_dir,
        selection=selection,
        member=settings.uv_package,
        interpreter=interpreter,
        chosen_by="\n".join(chosen_by),
    )
    if settings.require_hashes:
        inputs.require_hashes()
    return inputs


def _add(found: Evidence, name: str, text: str, counting: str | None = None) -> None:
    """Add a file of which only a part may count."""
    found.add(name, text if counting is None else counting)
    found.secrets += address_secrets(text, name)


def _relevant(path: Path) -> list[Any]:
    """Return what counts of a pyproject.toml; uv's own table is the last."""
    try:
        document = toml.load(path)
    except toml.TomlError as error:
        raise ConfigurationError(error.title, detail=error.detail, advice="Correct the file.") from error
    tools = document.get("tool")
    uv = tools.get("uv") if isinstance(tools, dict) else None
    return [*(document.get(name) for name in _TABLES), uv]


def _is_outside(path: str) -> bool:
    """Whether a local package will not be in the image: then a link to it would lead nowhere."""
    import posixpath

    normal = posixpath.normpath(path)
    return normal.startswith(("/", "../")) or normal == ".."


def _title(selection: Selection, member: str, *, frozen: bool) -> str:
    parts = [uv_lock.NAME, *([f"of {member}"] if member else [])]
    parts += [f"with {selection.shown}"] if selection.wanted else []
    return " ".join([*parts, *(["as it is"] if frozen else [])])


def _arguments(selection: Selection, settings: Settings, *, editable: bool) -> Iterator[str]:
    yield "--frozen" if settings.uv_frozen else "--locked"
    yield "--no-default-groups"
    for group in selection.groups:
        yield from ("--group", group)
    for extra in selection.extras:
        yield from ("--extra", extra)
    if settings.uv_package:
        yield from ("--package", settings.uv_package)
    if not editable:
        yield "--no-editable"


def _remark(outside: Iterable[str]) -> str:
    places = ", ".join(outside)
    return f"Nothing is installed as editable: {places} will not be in the image" if places else ""


def _passed_over(app_dir: Path) -> str:
    others = ("requirements.txt", "pylock.toml", "poetry.lock", "pdm.lock", "Pipfile.lock")
    there = [name for name in others if (app_dir / name).is_file()]
    return f"{', '.join(there)}: {uv_lock.NAME} says what is installed, with uv" if there else ""
