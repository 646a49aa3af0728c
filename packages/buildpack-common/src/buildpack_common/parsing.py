"""Parsing what others wrote: JSON, TOML, requirements. The only fault is a ValueError, whatever the text.

The parsers of Python and of `packaging` call themselves for each bracket, so a few kilobytes of brackets end
in a RecursionError; and what they do take may still be too deep for whoever walks through it, such as the
thousand tables of a dotted TOML key. So there is one limit, the same for every Python.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from packaging.requirements import Requirement

_DIGITS = 19
DEEPEST = 100
"""How many arrays and objects may be in each other. The deepest document that a tool writes has about 20."""


class TooDeeplyNestedError(ValueError):
    """A document whose values are in each other more often than any tool writes them."""

    def __init__(self) -> None:
        super().__init__(f"it is nested more than {DEEPEST} levels deep")


def parse_json(text: str | bytes) -> Any:  # noqa: ANN401  (any JSON value)
    """Parse JSON. Raises ValueError, for a syntax error json.JSONDecodeError with its line."""
    import json  # few builds read any

    try:
        value = json.loads(text)
    except RecursionError:
        raise TooDeeplyNestedError from None
    raw = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    if raw.count(b"[") + raw.count(b"{") > DEEPEST:
        _check_depth(value)
    return value


def parse_toml(text: str) -> dict[str, Any]:
    """Parse TOML. Raises ValueError, for a syntax error tomllib.TOMLDecodeError, which tells the line."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    try:
        document = tomllib.loads(text)
    except RecursionError:
        raise TooDeeplyNestedError from None
    _check_depth(document)
    return document


def parse_count(text: str) -> int | None:
    """Parse a number as headers have it: decimal digits of ASCII, and no more than any size or time has.

    None for anything else: ``isdigit`` says yes to a superscript two, and Python reads no number of thousands
    of digits.
    """
    return int(text) if len(text) < _DIGITS and text.isascii() and text.isdigit() else None


def parse_requirement(text: str) -> Requirement:
    """Parse a requirement (PyPA, 'Dependency specifiers').

    Raises packaging's InvalidRequirement, which is a ValueError.
    """
    from packaging.requirements import InvalidRequirement, Requirement  # 10 ms

    try:
        return Requirement(text)
    except RecursionError:
        msg = "its marker has too many brackets"
        raise InvalidRequirement(msg) from None


def _check_depth(value: object) -> None:
    containers = [value] if isinstance(value, (dict, list)) else []
    for _ in range(DEEPEST):
        containers = [
            child
            for container in containers
            for child in (container.values() if isinstance(container, dict) else container)
            if isinstance(child, (dict, list))
        ]
    if containers:
        raise TooDeeplyNestedError
