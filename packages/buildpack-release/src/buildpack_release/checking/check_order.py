"""Checks across descriptors: licences, and orders against the buildpacks they name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildpack_release.errors import shown_path
from buildpack_release.model.finding import Finding, Severity
from buildpack_release.model.graph import find_cycles
from buildpack_release.model.order import dependency_graph
from buildpack_release.model.table import suggestion

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from buildpack_release.model.buildpack_descriptor import BuildpackDescriptor, OrderEntry
    from buildpack_release.model.repository import Repository
    from buildpack_release.model.toml_lines import Key


def check_licenses(repository: Repository) -> Iterator[Finding]:
    """Find licences that are not SPDX expressions, and buildpacks that name none."""
    for descriptor in (buildpack.descriptor for buildpack in repository.buildpacks):
        if not descriptor.licenses:
            line = descriptor.source.line("buildpack")
            yield Finding(Severity.WARNING, "license", "no licence is named", descriptor.source.path, line)
        for index, license_ in enumerate(descriptor.licenses):
            if license_.type and not _is_spdx(license_.type):
                message = f'"{license_.type}" is not an SPDX licence expression'
                yield _error("license", message, descriptor, "buildpack", "licenses", index, "type")


def _is_spdx(expression: str) -> bool:
    # Its list of all licences takes time to load, and only this check needs it.
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    try:
        canonicalize_license_expression(expression)
    except InvalidLicenseExpression:
        return False
    return True


def check_order(repository: Repository, foreign: Collection[str]) -> Iterator[Finding]:
    """Find order entries without a buildpack or with another version, cycles, and unused components."""
    siblings = {buildpack.id: buildpack.descriptor for buildpack in repository.buildpacks}
    unread = [finding.file for finding in repository.findings if finding.code == "toml"]
    for descriptor in siblings.values():
        for keys, entry in _entries(descriptor):
            sibling = siblings.get(entry.id)
            if sibling is None and entry.id and entry.id not in foreign:
                message, advice = _missing(entry, siblings, unread)
                yield _error("missing-buildpack", message, descriptor, *keys, "id", advice=advice)
            elif sibling is not None and entry.version and entry.version != sibling.version:
                message = f'the order names {entry}, but {entry.id} has the version "{sibling.version}"'
                yield _error("order-version", message, descriptor, *keys, "version")
    graph = dependency_graph(repository.buildpacks)
    for cycle in find_cycles(graph):
        yield _cycle(cycle, siblings)
    used = {needed for all_needed in graph.values() for needed in all_needed}
    for descriptor in siblings.values():
        if descriptor.id and not descriptor.is_composite and descriptor.id not in used:
            line = descriptor.source.line("buildpack", "id")
            message = f"no composite uses {descriptor.id}"
            yield Finding(Severity.NOTE, "unused", message, descriptor.source.path, line)


def _missing(entry: OrderEntry, siblings: Collection[str], unread: Sequence[Path]) -> tuple[str, str]:
    """Return message and advice for an entry without a buildpack."""
    message = f'the order names "{entry.id}", which is not in this repository'
    if unread:
        return message, f"it may be the one of {shown_path(unread[0])}, which could not be read"
    declare = f'if it is of another repository, declare [tool.buildpack-release.foreign."{entry.id}"]'
    return message, suggestion(entry.id, siblings) or declare


def _entries(descriptor: BuildpackDescriptor) -> Iterator[tuple[tuple[Key, ...], OrderEntry]]:
    """Return each entry of an order with its key path."""
    for number, group in enumerate(descriptor.order):
        for index, entry in enumerate(group):
            yield ("order", number, "group", index), entry


def _cycle(cycle: tuple[str, ...], siblings: dict[str, BuildpackDescriptor]) -> Finding:
    descriptor = siblings[cycle[0]]
    keys = next(keys for keys, entry in _entries(descriptor) if entry.id == cycle[1])
    message = f"the orders are cyclic: {' -> '.join(cycle)}"
    return _error("cycle", message, descriptor, *keys, "id")


def _error(code: str, message: str, descriptor: BuildpackDescriptor, *keys: Key, advice: str = "") -> Finding:
    source = descriptor.source
    return Finding(Severity.ERROR, code, message, source.path, source.line(*keys), advice)
