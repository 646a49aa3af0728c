"""What others wrote ends in a value or in a ValueError: never in a RecursionError, whatever its depth."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import InvalidRequirement

from buildpack_common.parsing import (
    DEEPEST,
    TooDeeplyNestedError,
    parse_count,
    parse_json,
    parse_requirement,
    parse_toml,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def arrays(depth: int) -> str:
    """Return as many arrays in each other."""
    return "[" * depth + "]" * depth


def objects(depth: int) -> str:
    """Return as many JSON objects in each other."""
    return '{"a":' * (depth - 1) + "{}" + "}" * (depth - 1)


def inline_tables(depth: int) -> str:
    """Return a TOML value: as many inline tables in each other."""
    return "{a = " * depth + "1" + "}" * depth


@pytest.mark.parametrize("depth", [1_000, 60_000, 1_000_000])
@pytest.mark.parametrize("made", [arrays, objects, lambda depth: "[" * depth, lambda depth: '{"a":' * depth])
@pytest.mark.parametrize("encoded", [True, False])
def test_deep_json_is_a_value_error(made: Callable[[int], str], depth: int, *, encoded: bool) -> None:
    """Whole or cut off, as text or as bytes; what the C parser of this Python takes is too deep as well."""
    text = made(depth)
    with pytest.raises(ValueError, match=r"levels deep|Expecting"):
        parse_json(text.encode() if encoded else text)


@pytest.mark.parametrize("made", [arrays, objects])
def test_json_as_deep_as_the_limit_is_read(made: Callable[[int], str]) -> None:
    """One level more is refused, so that a walk by recursion may rely on the limit."""
    assert parse_json(made(DEEPEST)) == json.loads(made(DEEPEST))
    with pytest.raises(TooDeeplyNestedError):
        parse_json(made(DEEPEST + 1))


@pytest.mark.parametrize(
    "text",
    [
        f"a = {arrays(3_000)}",
        f"a = {inline_tables(3_000)}",
        f"{'.'.join('a' * 3_000)} = 1",
        f"[{'.'.join('a' * 3_000)}]",
        f"[[{'.'.join('a' * 3_000)}]]",
    ],
    ids=["arrays", "inline tables", "dotted key", "table", "array of tables"],
)
def test_deep_toml_is_a_value_error(text: str) -> None:
    """Also what the parser reads without recursion: whoever walks through it later would fail."""
    with pytest.raises(TooDeeplyNestedError, match=f"more than {DEEPEST} levels deep"):
        parse_toml(text)


def test_numbers_of_any_length_are_a_value_error() -> None:
    """Python refuses to read integers of thousands of digits; TOML's own error class does not cover that."""
    digits = "9" * 5_000
    for parse, text in ((parse_json, digits), (parse_toml, f"a = {digits}")):
        with pytest.raises(ValueError, match="integer string conversion"):
            parse(text)


def test_wide_documents_are_read() -> None:
    """The limit is on depth alone."""
    assert len(parse_json(json.dumps([[]] * 10_000))) == 10_000
    assert len(parse_toml("".join(f"[t{number}]\n" for number in range(1_000)))) == 1_000


def test_brackets_in_strings_do_not_count() -> None:
    """They are text."""
    assert parse_json(json.dumps("[" * 1_000)) == "[" * 1_000


def test_a_marker_with_thousands_of_brackets_is_an_invalid_requirement() -> None:
    """The metadata of any wheel on an index may hold one."""
    text = f"a; {'(' * 5_000}os_name == 'posix'{')' * 5_000}"
    with pytest.raises(InvalidRequirement, match=r"too many brackets|nested"):
        parse_requirement(text)
    assert parse_requirement("a; (os_name == 'posix')").name == "a"


def test_numbers_of_headers() -> None:
    """What `isdigit` takes, `int` may not."""
    assert parse_count("0") == 0
    assert parse_count("123456789012345678") == 123456789012345678
    for text in ("", " 1", "-1", "1.0", "\u00b2", "\u0663", "9" * 19, "9" * 5_000):
        assert parse_count(text) is None
