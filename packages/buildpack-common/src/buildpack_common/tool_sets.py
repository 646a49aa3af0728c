"""`data/tool-sets.toml`: releases of a tool with all that it needs, for an environment of its own.

A wheel is either for every Python and machine or for one minor version and one kind of machine. So a set has
every file that may be needed, by name with its SHA-256, and a build takes those that are for it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from buildpack_common.names import normalise

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FILE = "data/tool-sets.toml"
"""Its place in a buildpack."""

MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
"""Processors in the words of wheels, by those of targets."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_WHEEL = re.compile(
    r"(?P<name>[^-/\s]+)-(?P<version>[^-/\s]+)-(?P<python>[^-/\s]+)-(?P<abi>[^-/\s]+)-(?P<platform>[^-/\s]+)\.whl"
)
_ANY = "any"


class ToolSetsError(ValueError):
    """A document does not tell the sets. ``place`` are the keys and indexes of the faulty value."""

    def __init__(self, message: str, *place: str | int) -> None:
        super().__init__(message)
        self.place = place


@dataclass(frozen=True)
class SetWheel:
    """A wheel, by the parts of its file name (PyPA specification 'Binary distribution format').

    ``name`` is normalised, ``sha256`` in lower-case hex.
    """

    file: str
    name: str
    version: str
    python: str
    abi: str
    platforms: tuple[str, ...]
    sha256: str

    @property
    def is_pure(self) -> bool:
        """Whether it is for every Python 3 and every machine."""
        return self.platforms == (_ANY,)

    def is_for(self, machine: str, minor: str = "") -> bool:
        """Whether it is for a machine (x86_64, aarch64), and for a minor version (3.13) if one is named."""
        tag = f"cp{minor.replace('.', '')}"
        there = any(one.endswith(f"_{machine}") for one in self.platforms)
        return self.is_pure or (there and (not minor or (self.python, self.abi) == (tag, tag)))


@dataclass(frozen=True)
class ToolSet:
    """A release of the tool with all that it needs, on whatever Python and machine."""

    version: str
    wheels: tuple[SetWheel, ...]

    def wheels_for(self, minor: str, machine: str) -> tuple[SetWheel, ...] | None:
        """Return a wheel of each project, sorted by name; None if one of them has none for these."""
        found = {one.name: one for one in self.wheels if one.is_for(machine, minor)}
        complete = found.keys() == {one.name for one in self.wheels}
        return tuple(found[name] for name in sorted(found)) if complete else None


@dataclass(frozen=True)
class ToolSets:
    """What is known of a tool, by the name of its project: ``releases``, newest first.

    ``plugins`` are further projects in each set, ``without`` are dependencies that are left out of it.
    """

    name: str
    plugins: tuple[str, ...]
    without: tuple[str, ...]
    releases: tuple[ToolSet, ...]


def parse(document: Mapping[str, Any]) -> ToolSets:
    """Check a document. Raises ToolSetsError for the first faulty value."""
    rows = document.get("releases")
    if not isinstance(rows, list) or not rows:
        raise ToolSetsError("releases is not a list of tables", "releases")
    name = _text(document, "name")
    releases = tuple(_release(row, index, normalise(name)) for index, row in enumerate(rows))
    plugins, without = (tuple(_names(document, key)) for key in ("plugins", "without"))
    return ToolSets(name, plugins, without, releases)


def _release(row: object, index: int, tool: str) -> ToolSet:
    place = ("releases", index)
    if not isinstance(row, dict):
        raise ToolSetsError("releases has something that is no table", *place)
    wheels = row.get("wheels")
    if not isinstance(wheels, dict):
        raise ToolSetsError("wheels is not a table", *place, "wheels")
    found = ToolSet(
        _text(row, "version", *place), tuple(_wheel(file, digest, *place) for file, digest in wheels.items())
    )
    if (tool, found.version) not in {(one.name, one.version) for one in found.wheels}:
        raise ToolSetsError(f"wheels has no {tool} {found.version}", *place, "wheels")
    return found


def _wheel(file: str, digest: object, *place: str | int) -> SetWheel:
    match = _WHEEL.fullmatch(file)
    if match is None:
        raise ToolSetsError(f"this is not the name of a wheel: {file}", *place, "wheels", file)
    if not isinstance(digest, str) or not _SHA256.fullmatch(digest):
        raise ToolSetsError("a SHA-256 is not 64 hexadecimal digits", *place, "wheels", file)
    platforms = tuple(match["platform"].split("."))
    name = normalise(match["name"])
    return SetWheel(file, name, match["version"], match["python"], match["abi"], platforms, digest)


def _names(table: Mapping[str, Any], key: str) -> Iterator[str]:
    values = table.get(key, [])
    if not isinstance(values, list) or not all(isinstance(one, str) and one for one in values):
        raise ToolSetsError(f"{key} is not a list of names", key)
    yield from map(normalise, values)


def _text(table: Mapping[str, Any], key: str, *place: str | int) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value:
        raise ToolSetsError(f"{key} is not a text", *place, key)
    return value
