"""``uv.lock``: which packages are installed of it, and what is known of each (uv documentation, 'Lockfile').

uv selects and installs. What its choice rests on is found here: whether the lock alone determines every byte.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app_venv.installers.locked_packages import LOCAL, LockedFile, LockedPackage, LockedPackages, may_hold
from app_venv.settings import UV_PACKAGE
from buildpack_api import toml
from buildpack_api.errors import ConfigurationError
from buildpack_common.names import normalise

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from app_venv.inputs.selection import Selection

NAME = "uv.lock"
_VERSIONS = (1,)
_ANEW = "Make the file again (uv lock), and commit it unchanged."


def read_lock(
    path: Path, selection: Selection, member: str, environment: Mapping[str, str]
) -> LockedPackages:
    """Read the lock, for a ``member`` of the workspace or, without one, for what is beside it.

    ``environment`` are the values of markers. Raises ConfigurationError for what is no lock of uv, or if the
    project is not in it.
    """
    document = _load(path)
    packages = [_package(one) for one in _tables(document, "package")]
    roots = _roots(document, packages, member)
    if roots is None and member:
        known = sorted(one.name for one in packages if one.kind in (*LOCAL, "virtual"))
        raise ConfigurationError(
            f"{path.name} does not have the package {member}",
            detail=f"Packages of the app are: {', '.join(known)}." if known else "It has none of the app.",
            advice=f"Correct {UV_PACKAGE.name}. If the package is new, run 'uv lock', and commit the file.",
        )
    if roots is None:
        raise ConfigurationError(f"{path.name} does not have the project that it lies beside", advice=_ANEW)
    walk = _Walk(packages, environment)
    direct = set[str]().union(*(walk.start(one.table, selection) for one in roots))
    if not member:
        direct |= walk.start({"dev-dependencies": _manifest(document).get("dependency-groups")}, selection)
    reached = {id(one): one for one in (*walk.finish(), *roots)}.values()
    installed = [one for one in reached if one.kind != "virtual"]
    direct |= {one.name for one in roots if one.kind != "virtual"}
    return LockedPackages(
        tuple(sorted(installed, key=lambda one: (one.name, one.version))), frozenset(direct)
    )


def _load(path: Path) -> Mapping[str, Any]:
    try:
        document = toml.load(path)
    except toml.TomlError as error:
        raise ConfigurationError(error.title, detail=error.detail, advice=_ANEW) from error
    if "version" not in document:
        raise ConfigurationError(f"{path.name} is no lock file of uv: it has no version", advice=_ANEW)
    if document["version"] not in _VERSIONS:
        raise ConfigurationError(
            f"{path.name} has a version that is not known: {document['version']!r}",
            advice="Make it with the uv that installs it, or ask strata/uv-tool for the one that made it.",
        )
    return document


def _package(table: Mapping[str, Any]) -> LockedPackage:
    source = table.get("source")
    pairs = [(str(key), str(value)) for key, value in source.items()] if isinstance(source, dict) else []
    known = [pair for pair in pairs if pair[0] != "subdirectory"]
    kind, place = known[0] if known else ("", "")
    sdist = table.get("sdist")
    return LockedPackage(
        normalise(str(table.get("name", ""))),
        str(table.get("version", "")),
        kind,
        place,
        tuple(map(_file, _tables(table, "wheels"))),
        _file(sdist) if isinstance(sdist, dict) else None,
        table,
    )


def _file(table: Mapping[str, Any]) -> LockedFile:
    address = str(table.get("filename") or table.get("path") or table.get("url") or "")
    name = address.partition("?")[0].partition("#")[0].rpartition("/")[2]
    return LockedFile(name.replace("%2B", "+").replace("%21", "!"), str(table.get("hash", "")))


def _manifest(document: Mapping[str, Any]) -> Mapping[str, Any]:
    found = document.get("manifest")
    return found if isinstance(found, dict) else {}


def _roots(
    document: Mapping[str, Any], packages: Iterable[LockedPackage], member: str
) -> list[LockedPackage] | None:
    """Return what is installed with all that it needs; None if the lock does not have it.

    That is the project beside it; where there is only a workspace, that are all its packages.
    """
    local = [one for one in packages if one.kind in (*LOCAL, "virtual")]
    found = [one for one in local if (one.name == member if member else one.place == ".")]
    if found:
        return found[:1]
    manifest = _manifest(document)
    if member or not manifest:
        return None
    members = {normalise(str(name)) for name in _list(manifest.get("members"))}
    return [one for one in local if one.name in members]


class _Walk:
    """Goes from the project to all that it needs, with the extras that somebody asks for."""

    def __init__(self, packages: Iterable[LockedPackage], environment: Mapping[str, str]) -> None:
        self._by_name: dict[str, list[LockedPackage]] = {}
        for one in packages:
            self._by_name.setdefault(one.name, []).append(one)
        self._environment = environment
        self._reached: dict[int, LockedPackage] = {}
        self._pending: list[tuple[LockedPackage, str]] = []
        self._seen = set[tuple[int, str]]()

    def start(self, root: Mapping[str, Any], selection: Selection) -> set[str]:
        """Note what a project asks for itself, and return the names."""
        groups = root.get("dev-dependencies")
        tables = [*_tables(root, "dependencies")]
        for extra in selection.extras:
            tables += _tables(root.get("optional-dependencies"), extra)
        for group in selection.groups:
            tables += _tables(groups, group)
        return {one.name for table in tables for one in self._follow(table)}

    def finish(self) -> list[LockedPackage]:
        """Return all that is needed."""
        while self._pending:
            package, extra = self._pending.pop()
            parent = package.table.get("optional-dependencies") if extra else package.table
            for table in _tables(parent, extra or "dependencies"):
                self._follow(table)
        return list(self._reached.values())

    def _follow(self, table: Mapping[str, Any]) -> list[LockedPackage]:
        """Note the packages that a dependency may mean: one, unless only uv can tell."""
        if not may_hold(str(table.get("marker", "")), self._environment):
            return []
        found = self._by_name.get(normalise(str(table.get("name", ""))), [])
        if "version" in table:
            found = [one for one in found if one.version == table["version"]]
        for one in found:
            self._reached[id(one)] = one
            for extra in ("", *_extras(table)):
                if (id(one), extra) not in self._seen:
                    self._seen.add((id(one), extra))
                    self._pending.append((one, extra))
        return found


def _tables(parent: object, key: str) -> Iterator[Mapping[str, Any]]:
    """Yield the tables in a list; names of extras and groups are compared as normalised ones."""
    if isinstance(parent, dict):
        for name, values in parent.items():
            if name == key or normalise(str(name)) == key:
                yield from (one for one in _list(values) if isinstance(one, dict))


def _extras(table: Mapping[str, Any]) -> list[str]:
    return [normalise(str(name)) for name in _list(table.get("extra"))]


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
