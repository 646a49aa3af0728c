"""TOML files of buildpacks as the lifecycle decodes them (BurntSushi/toml, into structs).

A byte order mark at the beginning is passed over, a key counts in any case, one that nobody knows is left
out, one that is missing has its type's zero value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from buildpack_release.model.toml_source import TomlSource

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    Shape = Mapping[str, Any] | list[Any] | type

_NAMES = {str: "string", bool: "boolean"}


def load(file: Path) -> dict[str, Any]:
    """Parse a file. Raises CheckFailed with the line, UnicodeDecodeError, OSError."""
    return TomlSource.parse(file.read_bytes().decode().removeprefix("\ufeff"), file).data


def decoded(value: object, shape: Shape, where: str) -> Any:  # noqa: ANN401  (of that shape)
    """Return a value in its shape: a table, a list of one kind, or a plain type; `object` takes anything.

    Raises TypeError, which names what is of another type; `where` is what the value is called.
    """
    if isinstance(shape, list):
        if not isinstance(value, list):
            raise TypeError(f"{where} is not a list")
        return [decoded(one, shape[0], where) for one in value]
    if isinstance(shape, type):
        if type(value) is not shape and shape is not object:
            raise TypeError(f"{where} is not a {_NAMES[shape]}")
        return value
    if not isinstance(value, dict):
        raise TypeError(f"{where} is not a table")
    given = {key.lower(): one for key, one in value.items()} | value
    return {
        key: decoded(given[key], inner, f"{key} of {where}") if key in given else _zero(inner)
        for key, inner in shape.items()
    }


def _zero(shape: Shape) -> object:
    if isinstance(shape, list):
        return []
    if isinstance(shape, type):
        return None if shape is object else shape()
    return decoded({}, shape, "")
