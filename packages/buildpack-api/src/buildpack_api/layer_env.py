"""What a layer adds to the environment, as files (Buildpack API 0.10, 'Environment')."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from enum import Enum
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Literal

from buildpack_api.names import check_process_type
from buildpack_common.files import remove

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Action = Literal["override", "default", "prepend", "append"]
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Scope(Enum):
    """When a change applies: the value is the directory below the layer."""

    ALL = "env"
    BUILD = "env.build"
    LAUNCH = "env.launch"


@dataclass(frozen=True)
class ProcessScope:
    """The launch of one process type only."""

    process_type: str

    @property
    def value(self) -> str:
        """The directory below the layer."""
        return f"{Scope.LAUNCH.value}/{check_process_type(self.process_type)}"


def process_scope(process_type: str) -> ProcessScope:
    """Return the scope of one process type. Raises ValueError for a name the specification forbids."""
    check_process_type(process_type)
    return ProcessScope(process_type)


@dataclass(frozen=True)
class EnvChange:
    """One change of one variable. ``delimiter`` is None for override and default.

    Raises ValueError for a name that is no variable or belongs to the lifecycle (``CNB_*``).
    """

    name: str
    action: Action
    value: str
    delimiter: str | None = None
    scope: Scope | ProcessScope = Scope.ALL

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or self.name.startswith("CNB_"):
            raise ValueError(f"a layer cannot set a variable named {self.name!r}")
        if "\0" in self.value:
            raise ValueError(f"the value of {self.name} contains a NUL character")


def override(name: str, value: str, *, scope: Scope | ProcessScope = Scope.ALL) -> EnvChange:
    """Set the variable, whatever it was."""
    return EnvChange(name, "override", value, None, scope)


def default(name: str, value: str, *, scope: Scope | ProcessScope = Scope.ALL) -> EnvChange:
    """Set the variable if it is unset or empty."""
    return EnvChange(name, "default", value, None, scope)


def prepend(
    name: str, value: str, *, delimiter: str = ":", scope: Scope | ProcessScope = Scope.ALL
) -> EnvChange:
    """Put the value, and the delimiter unless the variable is empty, before what is there."""
    return EnvChange(name, "prepend", value, delimiter, scope)


def append(
    name: str, value: str, *, delimiter: str = ":", scope: Scope | ProcessScope = Scope.ALL
) -> EnvChange:
    """Put the value, and the delimiter unless the variable is empty, after what is there."""
    return EnvChange(name, "append", value, delimiter, scope)


def write_changes(layer: Path, changes: Iterable[EnvChange]) -> None:
    """Replace all environment directories of ``layer``. Raises ValueError if two changes contradict.

    If they are as they should be, as in most restored layers, nothing is written.
    """
    files = _files(changes)
    if _are_there(layer, files):
        return
    for scope in Scope:
        remove(layer / scope.value)
    for name, content in files.items():
        path = layer / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.fsencode(content))


def _are_there(layer: Path, files: Mapping[str, str]) -> bool:
    """Whether the environment directories hold these files with these contents and nothing else."""
    expected = {layer / name: os.fsencode(content) for name, content in files.items()}
    found = set()
    for top in (layer / scope.value for scope in Scope):
        if top.is_symlink():
            return False
        for folder, _, names in os.walk(top):
            found.add(Path(folder))
            found.update(Path(folder, name) for name in names)
    parents = {layer / parent for name in files for parent in PurePath(name).parents if parent.name}
    try:
        return found == expected.keys() | parents and all(
            not path.is_symlink() and path.is_file() and path.read_bytes() == content
            for path, content in expected.items()
        )
    except OSError:
        return False


def _files(changes: Iterable[EnvChange]) -> dict[str, str]:
    """Return file names, relative to the layer, and contents."""
    files: dict[str, str] = {}
    for change in changes:
        stem = f"{change.scope.value}/{change.name}"
        if f"{stem}.{change.action}" in files:
            raise ValueError(f"{stem}.{change.action} is given twice")
        files[f"{stem}.{change.action}"] = change.value
        if (
            change.delimiter is not None
            and files.setdefault(f"{stem}.delim", change.delimiter) != change.delimiter
        ):
            raise ValueError(f"{stem}.delim is given twice with different values")
    return files
