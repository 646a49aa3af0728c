from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import tomli_w
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from buildpack_release.model.toml_lines import Key, locate

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCUMENT = '''\
# [no] header = 1
api = "0.10"
"a key".'b' . c = 1
[buildpack]
id = "x" # = y
text = """
[order]
id = 1 \\""" still text
"""
literal = \'\'\'
]] } = \'\'\'
list = [ # first
  "a",

  ["b", { c = 1, "d.e" = [2] }],
]

[[order]]
group = [
  { id = "one" },
  { id = "two", version = "2" },
]
[[order]]
[[order.group]]
id = "three"
[order.group.meta]
x = 1979-05-27T07:32:00Z
[[order.group]]
id = "four"
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("api",), 2),
        (("a key", "b", "c"), 3),
        (("buildpack",), 4),
        (("buildpack", "id"), 5),
        (("buildpack", "text"), 6),
        (("buildpack", "literal"), 10),
        (("buildpack", "list", 0), 13),
        (("buildpack", "list", 1), 15),
        (("buildpack", "list", 1, 1, "d.e", 0), 15),
        (("order", 0), 18),
        (("order", 0, "group", 1, "version"), 21),
        (("order", 1), 23),
        (("order", 1, "group", 0, "id"), 25),
        (("order", 1, "group", 0, "meta", "x"), 27),
        (("order", 1, "group", 1, "id"), 29),
    ],
)
def test_every_way_to_write_a_value(path: tuple[Key, ...], line: int) -> None:
    """Headers, arrays of tables, dotted and quoted keys, inline tables, strings that look like TOML."""
    assert locate(DOCUMENT)[path] == line


def test_nothing_else_is_found() -> None:
    """Text in strings and comments is not taken for keys."""
    tops = {path[0] for path in locate(DOCUMENT)}
    assert tops == {"api", "a key", "buildpack", "order"}


def leaves(value: Any, path: tuple[Key, ...] = ()) -> Iterator[tuple[tuple[Key, ...], str]]:  # noqa: ANN401
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, (*path, index))
    else:
        yield path, value


def number_leaves(value: Any, counter: Iterator[int]) -> Any:  # noqa: ANN401
    """Make every leaf a different word, so that its line can be told."""
    if isinstance(value, dict):
        return {key: number_leaves(item, counter) for key, item in value.items()}
    if isinstance(value, list):
        return [number_leaves(item, counter) for item in value]
    return f"<{next(counter)}>{value}"


KEYS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=6)
SCALARS = st.text(st.sampled_from("ab[]{}=#,.\"'\\ "), max_size=6)
TREES: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    KEYS,
    st.recursive(
        SCALARS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
        max_leaves=12,
    ),
    max_size=4,
)


@given(TREES)
def test_finds_every_value_of_any_document(tree: dict[str, Any]) -> None:
    """Whatever a writer makes of the data: each value stands on the line that is reported for its path."""
    data = number_leaves(tree, iter(range(1000)))
    for text in (tomli_w.dumps(data), tomlkit.dumps(data)):
        found, lines = locate(text), text.split("\n")
        for path, value in leaves(data):
            word = value[: value.index(">") + 1]
            assert word in lines[found[path] - 1], (path, text)


@given(st.text(st.sampled_from("ab=[]{}.,#\"'\\\n\t 1")) | st.text())
def test_never_fails(text: str) -> None:
    """Any text gives an answer whose lines exist."""
    assert all(1 <= line <= text.count("\n") + 1 for line in locate(text).values())


@given(st.integers(0, len(DOCUMENT)), st.sampled_from(["", "]", "{", '"""', "'", "=", "\n"]))
def test_half_a_document(end: int, tail: str) -> None:
    """What comes before a fault is still found."""
    full = locate(DOCUMENT)
    found = locate(DOCUMENT[:end] + tail)
    assert all(full.get(path) == line for path, line in found.items() if line < DOCUMENT.count("\n", 0, end))


def test_deep_nesting() -> None:
    """Too deep for recursion is no crash either."""
    assert locate("a = " + "[" * 100_000)[("a",)] == 1
