"""Drawings of the orders of a repository: a tree in plain text, and a Mermaid flow chart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildpack_common.terminal_text import one_line
from buildpack_release.model.order import dependency_graph

if TYPE_CHECKING:
    from collections.abc import Iterator

    from buildpack_release.model.buildpack_descriptor import OrderEntry
    from buildpack_release.model.repository import Buildpack, Repository


def draw_text(repository: Repository) -> str:
    """Draw each buildpack that no other one contains, with the groups of its order below it."""
    buildpacks = {buildpack.id: buildpack for buildpack in repository.buildpacks}
    contained = {
        needed for all_needed in dependency_graph(repository.buildpacks).values() for needed in all_needed
    }
    # When all are contained in one another there is a cycle, which a drawing should show as well.
    roots = [one for one in repository.buildpacks if one.id not in contained] or list(repository.buildpacks)
    lines: list[str] = []
    for root in roots:
        lines.append(one_line(f"{root.id} {root.descriptor.version}"))
        lines += _groups(root, buildpacks, (root.id,))
    return "\n".join(lines) + "\n"


def _groups(composite: Buildpack, buildpacks: dict[str, Buildpack], path: tuple[str, ...]) -> Iterator[str]:
    order, indent = composite.descriptor.order, "  " * (2 * len(path) - 1)
    for number, group in enumerate(order, start=1):
        yield f"{indent}group {number} of {len(order)}"
        for entry in group:
            yield f"{indent}  {_entry(entry, buildpacks, path)}"
            if entry.id in buildpacks and entry.id not in path:
                yield from _groups(buildpacks[entry.id], buildpacks, (*path, entry.id))


def _entry(entry: OrderEntry, buildpacks: dict[str, Buildpack], path: tuple[str, ...]) -> str:
    remarks = [
        remark
        for remark, holds in (
            ("optional", entry.optional),
            ("cycle", entry.id in path),
            ("not in this repository", entry.id not in buildpacks),
        )
        if holds
    ]
    return one_line(f"{entry.id} {entry.version}") + (f" ({', '.join(remarks)})" if remarks else "")


def draw_mermaid(repository: Repository) -> str:
    """Draw a Mermaid flow chart: an arrow for each entry with the number of its group, dotted if optional."""
    labels = {one.id: f"{one.id} {one.descriptor.version}" for one in repository.buildpacks}
    for one in repository.buildpacks:
        for entry in (entry for group in one.descriptor.order for entry in group):
            labels.setdefault(entry.id, f"{entry.id} {entry.version}, not in this repository")
    names = {buildpack_id: f"n{number}" for number, buildpack_id in enumerate(labels)}
    lines = ["flowchart TD", *(f'  {names[one]}["{_quoted(label)}"]' for one, label in labels.items())]
    for one in repository.buildpacks:
        for number, group in enumerate(one.descriptor.order, start=1):
            for entry in group:
                arrow = "-.->" if entry.optional else "-->"
                lines.append(f"  {names[one.id]} {arrow}|{number}| {names[entry.id]}")
    return "\n".join(lines) + "\n"


def _quoted(label: str) -> str:
    """Return a label as it stands between quotes: Mermaid has entities for what would end them."""
    return one_line(label).replace('"', "#quot;")
