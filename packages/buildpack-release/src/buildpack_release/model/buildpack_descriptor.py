"""The model of buildpack.toml (Buildpack API 0.10, "buildpack.toml"), read strictly.

The lifecycle ignores unknown keys and does not look at the syntax of ids and versions: a typing mistake shows
up at a user's build, if at all. Everything is therefore checked here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from buildpack_release.model.finding import Finding, raise_first_error
from buildpack_release.model.table import Table, suggestion
from buildpack_release.model.targets import DeclaredTarget, read_targets
from buildpack_release.model.toml_source import TomlSource

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

RESERVED_IDS = frozenset({"app", "config", "generated", "sbom"})
# Without [[stacks]], which targets replace from 0.10 on.
SUPPORTED_APIS = ("0.10", "0.11", "0.12")
SBOM_FORMATS = (
    "application/vnd.cyclonedx+json",
    "application/spdx+json",
    "application/vnd.syft+json",
)
_ID = re.compile(r"[A-Za-z0-9./-]+")
_VERSION = re.compile(r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*)){2}")
_API = re.compile(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)")
_ROOT_KEYS = ("api", "buildpack", "targets", "order", "metadata")
_BUILDPACK_KEYS = (
    "id",
    "name",
    "version",
    "homepage",
    "clear-env",
    "description",
    "keywords",
    "licenses",
    "sbom-formats",
    "exec-env",
)


@dataclass(frozen=True)
class License:
    """A licence: an SPDX expression, or the address of a text that has none."""

    type: str
    uri: str


@dataclass(frozen=True)
class OrderEntry:
    """A member of an order group."""

    id: str
    version: str
    optional: bool = False

    def __str__(self) -> str:
        return f"{self.id}@{self.version}"


@dataclass(frozen=True)
class BuildpackDescriptor:
    """A buildpack.toml. What the file does not set is empty; `order` holds the groups of a composite."""

    source: TomlSource = field(repr=False, compare=False)
    api: str
    id: str
    name: str
    version: str
    homepage: str
    description: str
    keywords: tuple[str, ...]
    licenses: tuple[License, ...]
    clear_env: bool
    sbom_formats: tuple[str, ...]
    exec_env: tuple[str, ...]
    targets: tuple[DeclaredTarget, ...]
    order: tuple[tuple[OrderEntry, ...], ...]
    metadata: Mapping[str, Any] = field(hash=False)

    @classmethod
    def read(cls, path: Path) -> BuildpackDescriptor:
        """Read a sound buildpack.toml. Raises CheckFailed for the first fault, ReleaseError if unreadable."""
        descriptor, findings = read_descriptor(TomlSource.read(path))
        raise_first_error(findings)
        return descriptor

    @property
    def escaped_id(self) -> str:
        """The id as a file name: every `/` becomes `_`, which no id can hold."""
        return self.id.replace("/", "_")

    @property
    def is_composite(self) -> bool:
        """Whether this buildpack is an order of other buildpacks."""
        return bool(self.order) or "order" in self.source.data

    def __str__(self) -> str:
        return f"{self.id}@{self.version}"


def read_descriptor(source: TomlSource) -> tuple[BuildpackDescriptor, tuple[Finding, ...]]:
    """Read a descriptor, and find what is wrong with it. It is sound when no finding is an error."""
    findings: list[Finding] = []
    root = Table.root(source, findings)
    root.refuse_unknown_keys((*_ROOT_KEYS, "stacks"))
    table = root.table("buildpack", required=True)
    table.refuse_unknown_keys(_BUILDPACK_KEYS)
    descriptor = BuildpackDescriptor(
        source=source,
        api=root.string("api", required=True),
        id=table.string("id", required="buildpack" in source.data),
        name=table.string("name"),
        version=table.string("version", required="buildpack" in source.data),
        homepage=table.string("homepage"),
        description=table.string("description"),
        keywords=table.strings("keywords"),
        licenses=tuple(_read_license(license_) for license_ in table.tables("licenses")),
        clear_env=table.boolean("clear-env"),
        sbom_formats=table.strings("sbom-formats"),
        exec_env=table.strings("exec-env"),
        targets=read_targets(root),
        order=tuple(_read_group(group) for group in root.tables("order")),
        metadata=root.table("metadata").data,
    )
    _check_names(descriptor, root, table)
    _check_kind(descriptor, root)
    _check_formats(descriptor, table)
    return descriptor, tuple(findings)


def id_fault(buildpack_id: str) -> str:
    """Return what is wrong with a buildpack id; "" when nothing is."""
    if not _ID.fullmatch(buildpack_id):
        return "may hold only letters, digits, '.', '/' and '-'"
    if buildpack_id.casefold() in RESERVED_IDS:
        return "is reserved by the specification"
    if any(part in {"", ".", ".."} for part in buildpack_id.split("/")):
        return "has an empty, '.' or '..' part and could not be a directory name"
    return ""


def version_fault(version: str) -> str:
    """Return what is wrong with a buildpack version; "" when nothing is."""
    return "" if _VERSION.fullmatch(version) else "is not X.Y.Z (numbers without leading zeros, no suffix)"


def _read_license(table: Table) -> License:
    table.refuse_unknown_keys(("type", "uri"))
    found = License(table.string("type"), table.string("uri"))
    if not (found.type or found.uri):
        table.error("license", 'a licence needs a "type" (SPDX expression) or a "uri"')
    return found


def _read_group(table: Table) -> tuple[OrderEntry, ...]:
    table.refuse_unknown_keys(("group",))
    entries = tuple(_read_entry(entry) for entry in table.tables("group"))
    if not entries:
        table.error("empty-group", "an order group needs at least one buildpack")
    seen: set[str] = set()
    for index, entry in enumerate(entries):
        if entry.id and entry.id in seen:
            table.error("duplicate-entry", f"{entry.id} stands twice in this group", "group", index)
        seen.add(entry.id)
    return entries


def _read_entry(table: Table) -> OrderEntry:
    table.refuse_unknown_keys(("id", "version", "optional"))
    entry = OrderEntry(
        table.string("id", required=True), table.string("version", required=True), table.boolean("optional")
    )
    if entry.id and (fault := id_fault(entry.id)):
        table.error("id", f'the id "{entry.id}" {fault}', "id")
    if entry.version and (fault := version_fault(entry.version)):
        table.error("version", f'the version "{entry.version}" {fault}', "version")
    return entry


def _check_names(descriptor: BuildpackDescriptor, root: Table, table: Table) -> None:
    if descriptor.id and (fault := id_fault(descriptor.id)):
        table.error("id", f'the id "{descriptor.id}" {fault}', "id")
    if descriptor.version and (fault := version_fault(descriptor.version)):
        table.error("version", f'the version "{descriptor.version}" {fault}', "version")
    if descriptor.api and not _API.fullmatch(descriptor.api):
        root.error("api", f'the api "{descriptor.api}" is not major.minor', "api")
    elif descriptor.api and descriptor.api not in SUPPORTED_APIS:
        advice = f"one of {', '.join(SUPPORTED_APIS)}"
        root.error("api", f'the Buildpack API "{descriptor.api}" is not supported here', "api", advice=advice)


def _check_kind(descriptor: BuildpackDescriptor, root: Table) -> None:
    """A composite has an order, a component has targets, and nothing has both (pack refuses it)."""
    if "stacks" in root.data:
        root.error(
            "stacks", "[[stacks]] belongs to older Buildpack APIs", "stacks", advice="write [[targets]]"
        )
    if descriptor.is_composite:
        if "targets" in root.data:
            root.error("kind", "a composite (with [[order]]) must not have [[targets]]", "targets")
        if not descriptor.order:
            root.error("kind", "the order of a composite must not be empty", "order")
    elif not descriptor.targets:
        root.error("kind", "neither [[targets]] (a component) nor [[order]] (a composite)")


def _check_formats(descriptor: BuildpackDescriptor, table: Table) -> None:
    for index, media in enumerate(descriptor.sbom_formats):
        if media not in SBOM_FORMATS:
            advice = suggestion(media, SBOM_FORMATS)
            table.error("sbom-format", f'unknown SBOM format "{media}"', "sbom-formats", index, advice=advice)
    if "all" in descriptor.exec_env:
        index, advice = descriptor.exec_env.index("all"), 'write "*", or leave exec-env out'
        message = 'exec-env "all" is an environment of that name, not all of them'
        table.error("exec-env", message, "exec-env", index, advice=advice)
    if descriptor.exec_env and descriptor.api in {"0.10", "0.11"}:
        table.error("exec-env", 'exec-env needs api = "0.12"', "exec-env")
