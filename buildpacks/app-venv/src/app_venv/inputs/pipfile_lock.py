"""``Pipfile.lock`` (Pipenv): what it has of the packages that are not for development."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from app_venv.inputs import PIPFILE_LOCK
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
from buildpack_api import toml
from buildpack_api.errors import ConfigurationError
from buildpack_common.names import normalise
from buildpack_common.parsing import TooDeeplyNestedError, parse_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from app_venv.inputs.selection import Wanted

_PIPFILE = "Pipfile"
_FORMAT = 6
_META, _DEFAULT = "_meta", "default"
_ALIASES = {"packages": _DEFAULT, "dev-packages": "develop"}
# Tables of a Pipfile that are none of packages, or that its lock has under another name.
_OTHER_TABLES = frozenset({
    "source", "packages", "dev-packages", "requires", "scripts", "pipfile", "pipenv", "default", "develop",
})  # fmt: skip
_LOCAL_REPOSITORIES = tuple(f"{system}+file:" for system in VERSION_CONTROL)
_MARKERS = (
    "os_name", "sys_platform", "platform_machine", "platform_python_implementation", "platform_release",
    "platform_system", "platform_version", "python_version", "python_full_version", "implementation_name",
    "implementation_version",
)  # fmt: skip


def read_pipfile_lock(path: Path, wanted: Wanted) -> ManagerLock:
    """Read it. Raises ConfigurationError if it is broken, out of date, or for another Python."""
    document = _load(path)
    meta = table_of(document, _META, PIPFILE_LOCK)
    if meta.get("pipfile-spec") != _FORMAT:
        raise ConfigurationError(
            f"{PIPFILE_LOCK} has a format that is not known: pipfile-spec is {meta.get('pipfile-spec')!r}",
            detail=f"Known is {_FORMAT}.",
            advice="Make it again with a Pipenv of today, and commit it unchanged:\n  pipenv lock",
        )
    sources = tables_of(meta, "sources", PIPFILE_LOCK)
    _check_freshness(path, document, sources)
    _check_python(meta, wanted.interpreter.version)
    categories = {normalise(key): key for key in document if key != _META}
    # Pipenv itself is told of them by their names in the Pipfile.
    categories |= {alias: key for alias, key in _ALIASES.items() if key in document}
    wanted.selection.check(PIPFILE_LOCK, (), categories)
    chosen = dict.fromkeys([_DEFAULT, *(categories[one] for one in wanted.selection.groups)])
    entries = tuple(entry for category in chosen for entry in _entries(document, category, path.parent))
    return ManagerLock(entries, tuple(map(_source, sources)), replaces_default=True)


def _load(path: Path) -> Mapping[str, object]:
    try:
        document = parse_json(path.read_bytes().removeprefix(b"\xef\xbb\xbf"))
    except TooDeeplyNestedError as error:
        raise broken(PIPFILE_LOCK, f"The file cannot be read: {error}.") from error
    except ValueError as error:  # no JSON, or not in an encoding of it
        raise broken(PIPFILE_LOCK, f"It is not JSON: {error}."[:200]) from error
    if not isinstance(document, dict):
        raise broken(PIPFILE_LOCK, "It is not a table.")
    return document


def _check_freshness(path: Path, lock: Mapping[str, object], sources: list[dict[str, object]]) -> None:
    """Compare the Pipfile with the one that the lock was made of, if it is there, as ``--deploy`` does.

    Of one without sources the hash covers those of Pipenv; in the lock there may be a mirror in their place.
    """
    meta = table_of(lock, _META, PIPFILE_LOCK)
    noted = text_of(table_of(meta, "hash", PIPFILE_LOCK), "sha256", PIPFILE_LOCK)
    pipfile = path.with_name(_PIPFILE)
    if not noted or not pipfile.is_file():
        return
    try:
        document = toml.load(pipfile)
    except toml.TomlError as error:
        raise ConfigurationError(error.title, detail=error.detail, advice="Correct the file.") from error
    same = noted in _hashes(document, sources)
    if not same and "source" not in document:
        locked = set(map(normalise, table_of(lock, _DEFAULT, PIPFILE_LOCK)))
        same = locked.issuperset(map(normalise, table_of(document, "packages", _PIPFILE)))
    if not same:
        raise out_of_date(PIPFILE_LOCK, _PIPFILE)


def _hashes(document: Mapping[str, object], sources: list[dict[str, object]]) -> Iterator[str]:
    """Yield what Pipenv has noted of such a Pipfile, now and before it took names as they are normalised.

    A Pipfile without sources has the usual one, which is then in the lock.
    """
    head = {"sources": document.get("source", sources), "requires": document.get("requires", {})}
    tables = {"default": document.get("packages", {}), "develop": document.get("dev-packages", {})}
    tables |= {key: value for key, value in document.items() if key not in _OTHER_TABLES}
    normalised = {
        key: {normalise(name): one for name, one in value.items()} if isinstance(value, dict) else value
        for key, value in tables.items()
    }
    for each in (normalised, tables):
        text = json.dumps({"_meta": head, **each}, sort_keys=True, separators=(",", ":"), default=str)
        yield hashlib.sha256(text.encode()).hexdigest()


def _check_python(meta: Mapping[str, object], version: str) -> None:
    requires = table_of(meta, "requires", PIPFILE_LOCK)
    full = text_of(requires, "python_full_version", PIPFILE_LOCK)
    needed = full or text_of(requires, "python_version", PIPFILE_LOCK)
    if needed in ("", "*") or f"{version}.".startswith(f"{needed}."):
        return
    raise ConfigurationError(
        f"{PIPFILE_LOCK} is for another Python: {needed}",
        detail=f"The app gets Python {version}.",
        advice="Choose the version with .python-version, or change [requires] in the Pipfile and commit what "
        "this gives:\n  pipenv lock",
    )


def _entries(document: Mapping[str, object], category: str, root: Path) -> Iterator[LockedEntry]:
    packages = table_of(document, category, PIPFILE_LOCK)
    for name in packages:
        table = packages[name]
        if not isinstance(table, dict):
            raise broken(PIPFILE_LOCK, f"{name} is not a table."[:200])
        yield _entry(name, table, root)


def _entry(name: str, table: Mapping[str, object], root: Path) -> LockedEntry:
    version = text_of(table, "version", PIPFILE_LOCK)
    own = (f"{key} {text_of(table, key, PIPFILE_LOCK)}" for key in _MARKERS if key in table)
    written = (text_of(table, key, PIPFILE_LOCK) for key in ("markers", "os_markers"))
    address = _address(table, root)
    # Pipenv checks a repository on this machine out, too, whatever the entry says.
    linked = table.get("editable") is True or address.startswith(_LOCAL_REPOSITORIES)
    return LockedEntry(
        name,
        "" if address or version == "*" else version.removeprefix("=="),
        texts_of(table, "extras", PIPFILE_LOCK),
        tuple(filter(None, (*written, *own))),
        () if linked else texts_of(table, "hashes", PIPFILE_LOCK),
        address,
        editable=linked and bool(address),
    )


def _address(table: Mapping[str, object], root: Path) -> str:
    subdirectory = text_of(table, "subdirectory", PIPFILE_LOCK)
    for system in VERSION_CONTROL:
        address = text_of(table, system, PIPFILE_LOCK)
        if address:
            return repository_address(system, address, text_of(table, "ref", PIPFILE_LOCK), subdirectory)
    where = text_of(table, "file", PIPFILE_LOCK) or text_of(table, "path", PIPFILE_LOCK)
    fragment = f"#subdirectory={subdirectory}" if subdirectory else ""
    if not where:
        return ""
    return (where if "://" in where else local_address(where, root)) + fragment


def _source(table: Mapping[str, object]) -> LockedSource:
    name, address = (text_of(table, key, PIPFILE_LOCK) for key in ("name", "url"))
    return LockedSource(name, address, verify=table.get("verify_ssl") is not False)
