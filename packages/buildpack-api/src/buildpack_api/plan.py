"""The Buildpack Plan: what others require of this buildpack (Buildpack API 0.10, 'Buildpack Plan (TOML)')."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from buildpack_api import toml
from buildpack_api.errors import ConfigurationError, PlatformError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class PlanEntry:
    """One ``[[entries]]`` table: the requirement of one buildpack. The lifecycle never merges them."""

    name: str
    metadata: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class VersionConstraint:
    """A ``version`` some buildpack asks for, and its ``version-source`` ('' if it did not say)."""

    version: str
    source: str = ""


@dataclass(frozen=True)
class MergedEntries:
    """All entries of one name taken together; ``versions`` in the order of the group, without repetitions."""

    build: bool = False
    launch: bool = False
    versions: tuple[VersionConstraint, ...] = ()


@dataclass(frozen=True)
class BuildpackPlan:
    """The entries for the names this buildpack provides, in group order."""

    entries: tuple[PlanEntry, ...] = ()

    @classmethod
    def from_file(cls, path: Path) -> BuildpackPlan:
        """Read the file named by CNB_BP_PLAN_PATH. Raises TomlError, or PlatformError if it is no plan."""
        tables = toml.load(path).get("entries", [])
        if not isinstance(tables, list):
            raise PlatformError(f"{path}: 'entries' is not an array of tables")
        return cls(tuple(_entry(table, path) for table in tables))

    def merged(self, name: str) -> MergedEntries:
        """Merge the entries of ``name``: a layer is for build or launch if any entry says so.

        Raises ConfigurationError if one of the metadata's conventional keys has the wrong type.
        """
        entries = [entry for entry in self.entries if entry.name == name]
        versions = (constraint for entry in entries for constraint in _version_constraints(entry))
        return MergedEntries(
            build=any(_flag(entry, "build") for entry in entries),
            launch=any(_flag(entry, "launch") for entry in entries),
            versions=tuple(dict.fromkeys(versions)),
        )


def _entry(table: object, path: Path) -> PlanEntry:
    if not isinstance(table, dict):
        raise PlatformError(f"{path}: 'entries' is not an array of tables")
    name, metadata = table.get("name"), table.get("metadata", {})
    if not isinstance(name, str) or not isinstance(metadata, dict):
        raise PlatformError(f"{path}: an entry needs a string 'name' and may have a table 'metadata'")
    return PlanEntry(name, metadata)


def _flag(entry: PlanEntry, key: str) -> bool:
    value = entry.metadata.get(key, False)
    if not isinstance(value, bool):
        raise ConfigurationError(
            f"The build plan's entry {entry.name!r} has {key} = {value!r}, which is neither true nor false",
            advice=f"Correct the buildpack, or the project's plan.toml, that requires {entry.name!r}.",
        )
    return value


def _version_constraints(entry: PlanEntry) -> tuple[VersionConstraint, ...]:
    version, source = _text(entry, "version"), _text(entry, "version-source")
    return (VersionConstraint(version, source),) if version else ()


def _text(entry: PlanEntry, key: str) -> str:
    value = entry.metadata.get(key, "")
    if not isinstance(value, str):
        raise ConfigurationError(
            f"The build plan's entry {entry.name!r} has {key} = {value!r}, which is not a string",
            advice="Put it in quotes: without them TOML reads 3.10 as the number 3.1.",
        )
    return value.strip()
