"""Orders of composites: who depends on whom, and the groups the lifecycle makes of nested orders."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from buildpack_release.model.buildpack_descriptor import OrderEntry
    from buildpack_release.model.repository import Buildpack

    Group = tuple[OrderEntry, ...]
    Order = tuple[Group, ...]


def dependency_graph(buildpacks: Iterable[Buildpack]) -> dict[str, tuple[str, ...]]:
    """Map each buildpack's id to the ids in its order, each once, in order."""
    return {
        buildpack.id: tuple(
            dict.fromkeys(entry.id for group in buildpack.descriptor.order for entry in group if entry.id)
        )
        for buildpack in buildpacks
    }


def flat_groups(order: Order, orders: Mapping[str, Order]) -> Iterator[Group]:
    """Return the groups of components that an order stands for, as the lifecycle tries them.

    `orders` holds the orders of composites by id. As in the lifecycle, a composite in a group is replaced by
    each group of its own order in turn, then by nothing if it is optional; an id that is there already is
    left out. The orders must not be cyclic (the lifecycle would never end either).
    """
    for group in order:
        yield from _flatten(group, orders, ())


def _flatten(group: Group, orders: Mapping[str, Order], done: Group) -> Iterator[Group]:
    for index, entry in enumerate(group):
        if any(entry.id == other.id for other in done):
            continue
        if entry.id in orders:
            rest = group[index + 1 :]
            for inner in orders[entry.id]:
                yield from _flatten(inner + rest, orders, done)
            if entry.optional:
                yield from _flatten(rest, orders, done)
            return
        done = (*done, entry)
    if done:
        yield done
