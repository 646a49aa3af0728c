from __future__ import annotations

from typing import TYPE_CHECKING

from buildpack_release.model.buildpack_descriptor import OrderEntry
from buildpack_release.model.order import dependency_graph, flat_groups
from buildpack_release.model.repository import Repository
from support.sample_repository import component, composite, plan

if TYPE_CHECKING:
    from pathlib import Path


def entry(text: str) -> OrderEntry:
    return OrderEntry(text.rstrip("?"), "1.0.0", text.endswith("?"))


def order(*groups: str) -> tuple[tuple[OrderEntry, ...], ...]:
    return tuple(tuple(entry(one) for one in group.split()) for group in groups)


def flat(*groups: str, **orders: tuple[tuple[OrderEntry, ...], ...]) -> list[str]:
    found = flat_groups(order(*groups), orders)
    return [" ".join(one.id + ("?" if one.optional else "") for one in group) for group in found]


def test_an_order_of_components_stays_as_it_is() -> None:
    """Nothing to expand."""
    assert flat("a b?", "c") == ["a b?", "c"]


def test_a_composite_is_replaced_by_each_of_its_groups() -> None:
    """What follows it in the group is appended to each."""
    assert flat("a in b", **{"in": order("x y?", "z")}) == ["a x y? b", "a z b"]


def test_an_optional_composite_may_be_left_out() -> None:
    """After all its groups have been tried."""
    assert flat("a in? b", **{"in": order("x")}) == ["a x b", "a b"]


def test_composites_nest() -> None:
    """Depth first, as the lifecycle walks."""
    assert flat("out", out=order("in a", "b"), **{"in": order("x", "y")}) == ["x a", "y a", "b"]


def test_an_id_counts_once() -> None:
    """The first place in the group wins."""
    assert flat("a in", **{"in": order("b a?")}) == ["a b"]


def test_a_group_that_vanishes_is_no_group() -> None:
    """Nothing but an optional composite leaves nothing to try."""
    assert flat("in?", **{"in": order("x")}) == ["x"]


def test_dependencies_are_listed_once(tmp_path: Path) -> None:
    """Over all groups, in order."""
    for name in ("a", "b"):
        component(tmp_path, f"acme/{name}", plans={"x": (None, plan(provides=(name,)))})
    composite(tmp_path, "acme/all", ["acme/b", "acme/a"], ["acme/a", "other/c@2.0.0"])
    graph = dependency_graph(Repository.discover(tmp_path).buildpacks)
    assert graph == {"acme/a": (), "acme/all": ("acme/b", "acme/a", "other/c"), "acme/b": ()}
