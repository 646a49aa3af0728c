"""Token scopes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from oci_registry.remote.scope import TokenScope, parse_scopes, pull, push, union

names = st.from_regex(r"[a-z]{1,5}(/[a-z]{1,5}){0,2}", fullmatch=True)
actions = st.sets(st.sampled_from(["pull", "push", "delete"]), min_size=1).map(frozenset)
scopes = st.frozensets(st.builds(TokenScope, names, actions))


@given(scopes)
def test_what_is_written_is_read_back(expected: frozenset[TokenScope]) -> None:
    assert parse_scopes(" ".join(map(str, expected))) == expected


@given(scopes, scopes)
def test_a_union_allows_what_either_allows(
    first: frozenset[TokenScope], second: frozenset[TokenScope]
) -> None:
    def allowed(found: frozenset[TokenScope]) -> set[tuple[str, str]]:
        return {(scope.repository, action) for scope in found for action in scope.actions}

    both = union(first, second)
    assert allowed(both) == allowed(first) | allowed(second)
    assert len({scope.repository for scope in both}) == len(both)


def test_a_repository_may_have_a_port_in_its_name_and_other_kinds_are_left_out() -> None:
    found = parse_scopes("registry:catalog:* repository:host:5000/a:pull nonsense repository::pull")
    assert found == {TokenScope("host:5000/a", frozenset({"pull"}))}


def test_writing_needs_reading_too() -> None:
    assert [str(scope) for scope in push("a/b")] == ["repository:a/b:pull,push"]
    assert [str(scope) for scope in pull("a/b")] == ["repository:a/b:pull"]
