"""The list of a repository's buildpacks, for people and for programs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from buildpack_release.text import columns

if TYPE_CHECKING:
    from buildpack_release.model.repository import Buildpack, Repository


def listing(repository: Repository) -> str:
    """Return a table with one buildpack a line, sorted by id."""
    rows: list[tuple[str, ...]] = [("ID", "VERSION", "KIND", "API", "TARGETS", "DIRECTORY")]
    rows += [_row(one, repository) for one in repository.buildpacks]
    return columns(rows)


def listing_data(repository: Repository) -> list[dict[str, Any]]:
    """Return the same as data for JSON, with the orders; directories are relative to the root."""
    return [
        {
            "id": one.id,
            "version": one.descriptor.version,
            "name": one.descriptor.name,
            "kind": _kind(one),
            "api": one.descriptor.api,
            "targets": [str(target) for target in one.descriptor.targets],
            "order": order_data(one),
            "directory": os.path.relpath(one.directory, repository.root),
        }
        for one in repository.buildpacks
    ]


def order_data(one: Buildpack) -> list[list[dict[str, Any]]]:
    """Return the groups of a buildpack's order as data for JSON."""
    return [
        [{"id": entry.id, "version": entry.version, "optional": entry.optional} for entry in group]
        for group in one.descriptor.order
    ]


def _row(one: Buildpack, repository: Repository) -> tuple[str, ...]:
    descriptor = one.descriptor
    targets = " ".join(str(target) for target in descriptor.targets) or "-"
    directory = os.path.relpath(one.directory, repository.root)
    return (one.id, descriptor.version, _kind(one), descriptor.api, targets, directory)


def _kind(one: Buildpack) -> str:
    return "composite" if one.descriptor.is_composite else "component"
