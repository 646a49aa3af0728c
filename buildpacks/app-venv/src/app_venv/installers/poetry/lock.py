"""``poetry.lock``: which packages are installed of it, and what is known of each (lock-version 2.x).

Poetry selects and installs. What its choice rests on is found here: whether the lock alone determines every
byte.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app_venv.installers.locked_packages import LockedFile, LockedPackage, LockedPackages, may_hold
from buildpack_api import toml
from buildpack_api.errors import ConfigurationError
from buildpack_common.names import normalise

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

    from app_venv.inputs.selection import Selection

NAME = "poetry.lock"
_MAIN = "main"
_REGISTRY = "registry"
# How sources are called there, and in `LockedPackage`. Files and addresses have hashes, as packages of an
# index.
_KINDS = {"legacy": _REGISTRY, "file": "path", "url": "url", "git": "git", "directory": "directory"}
_ANEW = "Make the file again (poetry lock), and commit it unchanged."


def read_lock(
    path: Path, selection: Selection, direct: Collection[str], environment: Mapping[str, str]
) -> LockedPackages:
    """Read the lock. ``direct`` are the names that the project asks for itself.

    ``environment`` are the values of markers. Raises ConfigurationError for what is no lock of Poetry, or
    older than Poetry 1.5, which did not lock hashes with packages.
    """
    document = _load(path)
    groups = frozenset({_MAIN, *selection.groups})
    tables = document.get("package", [])
    found = [
        _package(one)
        for one in (tables if isinstance(tables, list) else [])
        if isinstance(one, dict) and _is_installed(one, groups, environment)
    ]
    found.sort(key=lambda one: (one.name, one.version))
    return LockedPackages(tuple(found), frozenset(direct))


def _load(path: Path) -> Mapping[str, Any]:
    try:
        document = toml.load(path)
    except toml.TomlError as error:
        raise ConfigurationError(error.title, detail=error.detail, advice=_ANEW) from error
    metadata = document.get("metadata")
    version = str(metadata.get("lock-version", "")) if isinstance(metadata, dict) else ""
    if not version.startswith("2."):
        raise ConfigurationError(
            f"{path.name} has a version that is not known: {version or 'none'}",
            detail="Poetry 1.5 and newer write 2.0 or 2.1.",
            advice=_ANEW,
        )
    return document


def _is_installed(table: Mapping[str, Any], groups: Iterable[str], environment: Mapping[str, str]) -> bool:
    """Whether a package is installed with these groups; one of which only Poetry can tell may be."""
    own = table.get("groups")
    if not isinstance(own, list):  # before lock-version 2.1
        return True
    markers = table.get("markers", "")
    wanted = [one for one in own if normalise(str(one)) in groups]
    return any(
        may_hold(str(markers.get(one, "") if isinstance(markers, dict) else markers), environment)
        for one in wanted
    )


def _package(table: Mapping[str, Any]) -> LockedPackage:
    source = table.get("source")
    source = source if isinstance(source, dict) else {}
    kind = _KINDS.get(str(source.get("type", "legacy")), str(source.get("type")))
    files = [_file(one) for one in table.get("files", ()) if isinstance(one, dict)]
    return LockedPackage(
        normalise(str(table.get("name", ""))),
        str(table.get("version", "")),
        kind,
        str(source.get("url", "")),
        tuple(one for one in files if one.name.endswith(".whl")),
        next((one for one in files if not one.name.endswith(".whl")), None),
        table,
    )


def _file(table: Mapping[str, Any]) -> LockedFile:
    return LockedFile(str(table.get("file", "")), str(table.get("hash", "")))
