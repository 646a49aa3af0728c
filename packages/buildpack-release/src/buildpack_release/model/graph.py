"""Dependency graphs in general: cycles, and an order for the work.

A graph is a mapping from each node to the nodes it depends on, so that this module needs to know nothing of
buildpacks. All results are deterministic: they follow the order of the mapping.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Node = TypeVar("Node", bound=Hashable)


def find_cycles(graph: Mapping[Node, Sequence[Node]]) -> tuple[tuple[Node, ...], ...]:
    """Return a cycle for every edge that closes one, as a path that ends where it starts: `("a", "b", "a")`.

    Empty exactly if the graph has no cycles.
    """
    cycles: list[tuple[Node, ...]] = []
    finished: set[Node] = set()
    path: list[Node] = []

    def visit(node: Node) -> None:
        if node in finished:
            return
        if node in path:
            cycles.append((*path[path.index(node) :], node))
            return
        path.append(node)
        for needed in dict.fromkeys(graph.get(node, ())):
            visit(needed)
        finished.add(path.pop())

    for node in graph:
        visit(node)
    return tuple(cycles)


def dependencies_first(
    graph: Mapping[Node, Sequence[Node]], roots: Iterable[Node] | None = None
) -> tuple[Node, ...]:
    """Order nodes so that each comes after what it depends on: all, or the roots and what they need.

    Nodes that are depended on but not in the graph are left out. In a cycle some node has to come too early.
    """
    ordered: dict[Node, None] = {}
    seen: set[Node] = set()

    def visit(node: Node) -> None:
        if node in seen or node not in graph:
            return
        seen.add(node)
        for needed in graph[node]:
            visit(needed)
        ordered[node] = None

    for root in graph if roots is None else roots:
        visit(root)
    return tuple(ordered)
