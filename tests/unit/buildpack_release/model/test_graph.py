from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from buildpack_release.model.graph import dependencies_first, find_cycles

Graph = dict[int, tuple[int, ...]]
GRAPHS = st.dictionaries(st.integers(0, 6), st.lists(st.integers(0, 8), max_size=4).map(tuple), max_size=7)
ACYCLIC = GRAPHS.map(
    lambda graph: {node: tuple(one for one in needed if one < node) for node, needed in graph.items()}
)


def test_order_follows_dependencies() -> None:
    """Components before the composites that hold them, shared ones once."""
    graph = {"all": ("a", "b"), "more": ("all", "c"), "a": (), "b": (), "c": ()}
    assert dependencies_first(graph) == ("a", "b", "all", "c", "more")
    assert dependencies_first(graph, ["all"]) == ("a", "b", "all")


def test_a_cycle_is_a_path_back_to_its_start() -> None:
    """So that it can be printed."""
    assert find_cycles({"x": ("a",), "a": ("b",), "b": ("c", "d"), "c": ("a",), "d": ()}) == (
        ("a", "b", "c", "a"),
    )
    assert find_cycles({"a": ("a",)}) == (("a", "a"),)


@given(ACYCLIC)
def test_acyclic_graphs_are_ordered(graph: Graph) -> None:
    """Every node comes once, after all it needs."""
    assert find_cycles(graph) == ()
    ordered = dependencies_first(graph)
    assert sorted(ordered) == sorted(graph)
    for node, needed in graph.items():
        assert all(ordered.index(one) < ordered.index(node) for one in needed if one in graph)


@given(GRAPHS)
def test_a_cycle_is_found_exactly_if_there_is_one(graph: Graph) -> None:
    """Compared with the plain definition: a node that can be reached from itself."""

    def reachable(start: int) -> set[int]:
        found: set[int] = set()
        pending = list(graph.get(start, ()))
        while pending:
            node = pending.pop()
            if node not in found:
                found.add(node)
                pending += graph.get(node, ())
        return found

    cycles = find_cycles(graph)
    assert bool(cycles) == any(node in reachable(node) for node in graph)
    for cycle in cycles:
        assert cycle[0] == cycle[-1]
        assert all(after in graph[before] for before, after in pairwise(cycle))
