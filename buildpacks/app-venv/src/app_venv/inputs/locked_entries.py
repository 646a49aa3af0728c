"""What the locks of PDM and Pipenv have in common: packages and sources, as pip would be told of them."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote

from app_venv.inputs import MANAGER_LOCKS, manager_lock
from buildpack_api.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

VERSION_CONTROL = ("git", "hg", "svn", "bzr")
_SECURE_SHELL = re.compile(r"(?P<host>[^/:@]+@[^/:]+):(?P<path>[^/].*)")  # as git reads an address of ssh


@dataclass(frozen=True)
class LockedEntry:
    """A package of a lock. ``version`` is exact, or nothing; ``address`` is one that is none of an index.

    ``editable``: it is linked, or checked out, not copied. ``markers`` all have to hold.
    """

    name: str
    version: str = ""
    extras: tuple[str, ...] = ()
    markers: tuple[str, ...] = ()
    hashes: tuple[str, ...] = ()
    address: str = ""
    editable: bool = False

    @property
    def line(self) -> str:
        """The line of a requirements file. The extras of a link only lead to what the lock lists as well."""
        if self.editable:
            egg = f"egg={self.name}" if self.address.startswith(VERSION_CONTROL) else ""
            address, _, fragment = self.address.partition("#")
            fragments = "&".join(filter(None, (egg, fragment)))
            return f"--editable {address}" + (f"#{fragments}" if fragments else "")
        extras = f"[{','.join(sorted(self.extras))}]" if self.extras else ""
        source = f" @ {self.address}" if self.address else f"=={self.version}" if self.version else ""
        return " ".join([f"{self.name}{extras}{source}", *(f"--hash={one}" for one in self.hashes)])


@dataclass(frozen=True)
class LockedSource:
    """A package index. ``option`` is what pip calls an address of its kind, if it is not an index."""

    name: str
    address: str = field(repr=False)
    verify: bool = True
    option: str = ""


@dataclass(frozen=True)
class ManagerLock:
    """What is installed of a lock, and from where. ``remark`` says what people may not expect of it.

    ``replaces_default``: the first source stands in the place of the usual index.
    """

    entries: tuple[LockedEntry, ...]
    sources: tuple[LockedSource, ...] = ()
    replaces_default: bool = False
    remark: str = ""


def broken(name: str, detail: str) -> ConfigurationError:
    """Return the error for a lock that is not as its manager writes it, or for a file that comes with it."""
    lock = manager_lock(name)
    if not lock:
        title = f"{name} is not as its manager reads it"
        return ConfigurationError(title, detail=detail, advice="Correct the file.")
    return ConfigurationError(
        f"{name} is not a valid lock file",
        detail=detail,
        advice=f"Make it again, and commit it unchanged:\n  {MANAGER_LOCKS[lock]}",
    )


def out_of_date(name: str, source: str) -> ConfigurationError:
    """Return the error for a lock of another state of the file that it was made of."""
    return ConfigurationError(
        f"{name} is out of date: {source} has changed since it was made",
        detail="What it lists may not be what the app needs now.",
        advice=f"Commit what this gives:\n  {MANAGER_LOCKS[manager_lock(name)]}",
    )


def local_address(text: str, root: Path) -> str:
    """Return the address of a path, which may be relative to ``root``."""
    return f"file://{quote(os.path.normpath(root / text), safe='/+@,=~')}"


def repository_address(system: str, address: str, revision: str, subdirectory: str) -> str:
    """Return the address of a repository as pip takes it."""
    secure_shell = _SECURE_SHELL.fullmatch(address)
    if secure_shell and "://" not in address:
        address = f"ssh://{secure_shell['host']}/{secure_shell['path']}"
    address = address.removeprefix(f"{system}+").partition("#")[0]
    at = f"@{revision}" if revision and not address.endswith(f"@{revision}") else ""
    return f"{system}+{address}{at}" + (f"#subdirectory={subdirectory}" if subdirectory else "")


def text_of(table: Mapping[str, object], key: str, name: str) -> str:
    """Return a text of a table, or nothing. Raises ConfigurationError if it is something else."""
    value = table.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise broken(name, f"{key} is not a text: {value!r}"[:200])
    return value


def texts_of(table: Mapping[str, object], key: str, name: str) -> tuple[str, ...]:
    """Return a list of texts of a table. Raises ConfigurationError if it is something else."""
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise broken(name, f"{key} is not a list of texts: {value!r}"[:200])
    return tuple(value)


def tables_of(table: Mapping[str, object], key: str, name: str) -> list[dict[str, object]]:
    """Return a list of tables. Raises ConfigurationError if it is something else."""
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise broken(name, f"{key} is not a list of tables")
    return value


def table_of(table: Mapping[str, object], key: str, name: str) -> dict[str, object]:
    """Return a table in a table; none is empty. Raises ConfigurationError if it is something else."""
    value = table.get(key, {})
    if not isinstance(value, dict):
        raise broken(name, f"{key} is not a table")
    return value
