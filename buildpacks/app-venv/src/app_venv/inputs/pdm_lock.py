"""``pdm.lock`` (PDM): what it has of the project's dependencies, and of chosen groups."""

from __future__ import annotations

import hashlib
import json
import os
import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from app_venv.inputs import PDM_LOCK, PYPROJECT
from app_venv.inputs.locked_entries import (
    VERSION_CONTROL,
    LockedEntry,
    LockedSource,
    ManagerLock,
    broken,
    local_address,
    out_of_date,
    repository_address,
    table_of,
    tables_of,
    text_of,
    texts_of,
)
from app_venv.inputs.markers import marker_environment
from buildpack_api import toml
from buildpack_api.errors import ConfigurationError
from buildpack_common.names import normalise

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from app_venv.inputs.selection import Wanted
    from buildpack_api.interpreter import Interpreter

_KNOWN = re.compile(r"4\.[45](\.\d+)?")
_GROUPS_NOTED = "inherit_metadata"
_DEFAULT = "default"
_ALIASES = {"linux": "manylinux_2_40_x86_64", "alpine": "musllinux_1_2_x86_64"}
_LINUX = re.compile(r"(?P<library>many|musl)linux_\d+_\d+_(?P<machine>\w+)")
_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
_FREE_THREADED = re.compile(r"\.cpython-\d+t-")
_ROOT = re.compile(r"(?<=:)///?\$\{PROJECT_ROOT\}")


def read_pdm_lock(path: Path, wanted: Wanted) -> ManagerLock:
    """Read it. Raises ConfigurationError if it is broken, out of date, or for another environment."""
    document = _load(path)
    metadata = table_of(document, "metadata", PDM_LOCK)
    _check_format(metadata)
    project = _load(path.with_name(PYPROJECT)) if path.with_name(PYPROJECT).is_file() else {}
    _check_freshness(metadata, project)
    _check_targets(metadata, wanted.interpreter)
    groups = {normalise(name) for name in texts_of(metadata, "groups", PDM_LOCK)}
    wanted.selection.check(PDM_LOCK, groups, groups, add="pdm lock --update-reuse --group :all")
    chosen = {_DEFAULT, *wanted.selection.extras, *wanted.selection.groups}
    settings = _settings(project)
    excluded = {normalise(name) for name in texts_of(_resolution(project), "excludes", PYPROJECT)}
    packages = [
        table
        for table in tables_of(document, "package", PDM_LOCK)
        if _is_for(table, chosen) and normalise(text_of(table, "name", PDM_LOCK)) not in excluded
    ]
    entries = tuple(_entry(table, path.parent) for table in packages)
    itself, remark = _itself(project, path.parent)
    sources = tuple(_source(table, path.parent) for table in tables_of(settings, "source", PYPROJECT))
    return ManagerLock((*entries, *itself), sources, remark=remark)


def _load(path: Path) -> dict[str, object]:
    try:
        return toml.load(path)
    except toml.TomlError as error:
        advice = "Make it again, and commit it unchanged:\n  pdm lock" if path.name == PDM_LOCK else ""
        raise ConfigurationError(
            error.title, detail=error.detail, advice=advice or "Correct the file."
        ) from error


def _check_format(metadata: Mapping[str, object]) -> None:
    version = text_of(metadata, "lock_version", PDM_LOCK)
    if not _KNOWN.fullmatch(version):
        raise ConfigurationError(
            f"{PDM_LOCK} has a format that is not known: lock_version is {version[:40]!r}",
            detail="Known are 4.4 and 4.5.",
            advice="Make it again with a PDM of today, and commit it unchanged:\n  pdm lock --update-reuse",
        )
    if _GROUPS_NOTED not in texts_of(metadata, "strategy", PDM_LOCK):
        raise ConfigurationError(
            f"{PDM_LOCK} does not say for which groups and where each package is needed",
            detail=f"Its strategy lacks {_GROUPS_NOTED}, which is PDM's default.",
            advice=f"Commit what this gives:\n  pdm lock --update-reuse --strategy {_GROUPS_NOTED}",
        )


def _check_freshness(metadata: Mapping[str, object], project: Mapping[str, object]) -> None:
    """Compare the project with the one that the lock was made of, as far as it has PDM's usual hash of it.

    Not if it is a workspace, whose members count as well, or has its dependencies in tables of other tools.
    """
    algorithm, _, noted = text_of(metadata, "content_hash", PDM_LOCK).partition(":")
    comparable = "project" in project and "workspace" not in _settings(project)
    known = algorithm == "sha256" and "lock_inputs" not in metadata
    if known and comparable and noted not in _hashes(project):
        raise out_of_date(PDM_LOCK, PYPROJECT)


def _hashes(project: Mapping[str, object]) -> Iterator[str]:
    """Yield what PDM has noted of such a project, now and in former versions."""
    table, settings = table_of(project, "project", PYPROJECT), _settings(project)
    resolution = _resolution(project)
    written = table_of(settings, "dev-dependencies", PYPROJECT)
    development: dict[str, list[object]] = {}
    for groups in (table_of(project, "dependency-groups", PYPROJECT), written):
        for name, listed in groups.items():
            development.setdefault(normalise(name), []).extend(listed if isinstance(listed, list) else [])
    common = {
        "sources": settings.get("source", []),
        "dependencies": table.get("dependencies", []),
        "optional-dependencies": table.get("optional-dependencies", {}),
        "requires-python": table.get("requires-python", ""),
    }
    for more in (
        {"dev-dependencies": development, "resolution": resolution},
        {"dev-dependencies": written, "resolution": resolution},
        {"dev-dependencies": written, "overrides": resolution.get("overrides", {})},
    ):
        text = json.dumps({**common, **more}, sort_keys=True, default=str)
        yield hashlib.sha256(text.encode()).hexdigest()


def _check_targets(metadata: Mapping[str, object], interpreter: Interpreter) -> None:
    """Refuse a lock that was made for other Pythons or systems only, as ``pdm sync`` does.

    It has the files, and their hashes, for these alone.
    """
    targets = tables_of(metadata, "targets", PDM_LOCK)
    if targets and not any(_is_here(target, interpreter) for target in targets):
        keys = ("requires_python", "platform", "implementation")
        listed = [" ".join(filter(None, (text_of(one, key, PDM_LOCK) for key in keys))) for one in targets]
        machine, musl = os.uname().machine, "-musl" in interpreter.abi
        platform = f"musllinux_1_2_{machine}" if musl else f"manylinux_2_28_{machine}"
        raise ConfigurationError(
            f"{PDM_LOCK} is for other environments than this one",
            detail=f"The app gets Python {interpreter.version} on Linux ({'musl' if musl else 'glibc'}, "
            f"{machine}); the lock has only\n" + "\n".join(f"  {one}" for one in listed),
            advice="Choose Python with .python-version, or add to the lock, and commit it:\n"
            f"  pdm lock --append --platform {platform} --python '=={interpreter.minor}.*'",
        )


def _is_here(target: Mapping[str, object], interpreter: Interpreter) -> bool:
    from packaging.specifiers import SpecifierSet

    python, platform = (text_of(target, key, PDM_LOCK) for key in ("requires_python", "platform"))
    try:
        fits = SpecifierSet(python).contains(interpreter.version, prereleases=True)
    except ValueError as error:  # InvalidSpecifier, or a number of thousands of digits
        raise broken(PDM_LOCK, f"requires_python of a target is none: {python[:100]!r}") from error
    return fits and _is_this_system(platform, interpreter) and _is_this_implementation(target, interpreter)


def _is_this_system(platform: str, interpreter: Interpreter) -> bool:
    """Tell whether wheels for a platform are for this Python; its C library is in the name of its ABI.

    Those for a newer glibc count, as they do for PDM: by ``linux`` it means 2.40.
    """
    if not platform:
        return True
    found = _LINUX.fullmatch(_ALIASES.get(platform, platform))
    other = {"many": "-musl", "musl": "-gnu"}
    return (
        found is not None
        and _MACHINES.get(found["machine"], found["machine"]) == os.uname().machine
        and other[found["library"]] not in interpreter.abi
    )


def _is_this_implementation(target: Mapping[str, object], interpreter: Interpreter) -> bool:
    name = text_of(target, "implementation", PDM_LOCK)
    free_threaded = _FREE_THREADED.match(interpreter.abi) is not None
    return not name or (
        name == marker_environment(interpreter)["implementation_name"]
        and (target.get("gil_disabled") is True) == free_threaded
    )


def _settings(project: Mapping[str, object]) -> dict[str, object]:
    return table_of(table_of(project, "tool", PYPROJECT), "pdm", PYPROJECT)


def _resolution(project: Mapping[str, object]) -> dict[str, object]:
    return table_of(_settings(project), "resolution", PYPROJECT)


def _is_for(table: Mapping[str, object], chosen: set[str]) -> bool:
    groups = texts_of(table, "groups", PDM_LOCK)
    return not groups or any(normalise(group) in chosen for group in groups)


def _entry(table: Mapping[str, object], root: Path) -> LockedEntry:
    editable, address = table.get("editable") is True, _address(table, root)
    files = tables_of(table, "files", PDM_LOCK)
    hashes = () if editable or address.startswith(VERSION_CONTROL) else _file_hashes(files)
    return LockedEntry(
        text_of(table, "name", PDM_LOCK),
        "" if address else text_of(table, "version", PDM_LOCK),
        texts_of(table, "extras", PDM_LOCK),
        tuple(filter(None, [text_of(table, "marker", PDM_LOCK)])),
        hashes,
        address,
        editable,
    )


def _file_hashes(files: list[dict[str, object]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, (text_of(one, "hash", PDM_LOCK) for one in files))))


def _address(table: Mapping[str, object], root: Path) -> str:
    subdirectory = text_of(table, "subdirectory", PDM_LOCK)
    fragment = f"#subdirectory={subdirectory}" if subdirectory else ""
    for system in VERSION_CONTROL:
        address = text_of(table, system, PDM_LOCK)
        if address:
            revision = text_of(table, "revision", PDM_LOCK) or text_of(table, "ref", PDM_LOCK)
            return repository_address(system, address, revision, subdirectory)
    where = text_of(table, "path", PDM_LOCK)
    if where:
        return local_address(where, root) + fragment
    address = _filled(text_of(table, "url", PDM_LOCK), root)
    return address + fragment if address else ""


def _filled(address: str, root: Path) -> str:
    """Return an address with the project's directory, as PDM fills it in."""
    return _ROOT.sub(f"//{quote(str(root))}", address)


def _itself(project: Mapping[str, object], root: Path) -> tuple[tuple[LockedEntry, ...], str]:
    """Return the project itself as PDM installs it, as a link, and a remark about that; or nothing."""
    settings = _settings(project)
    name = text_of(table_of(project, "project", PYPROJECT), "name", PYPROJECT)
    kind = settings.get("package-type")
    installed = kind == "library" if "package-type" in settings else settings.get("distribution", True)
    if not name or installed is False:
        return (), ""
    remark = (
        f"The project itself is installed too, as PDM does it; in {PYPROJECT}, [tool.pdm] "
        "distribution = false leaves it out"
    )
    return (LockedEntry(name, address=local_address(".", root), editable=True),), remark


def _source(table: Mapping[str, object], root: Path) -> LockedSource:
    name, address, user, password = (
        text_of(table, key, PYPROJECT) for key in ("name", "url", "username", "password")
    )
    if user and password and "://" in address:
        scheme, _, rest = address.partition("://")
        login = ":".join(one if "${" in one else quote(one, safe="") for one in (user, password))
        host, slash, place = rest.partition("/")
        address = f"{scheme}://{login}@{host.rpartition('@')[2]}{slash}{place}"
    address = _filled(address, root)
    option = "--find-links" if text_of(table, "type", PYPROJECT) == "find_links" else ""
    return LockedSource(name, address, table.get("verify_ssl") is not False, option)
