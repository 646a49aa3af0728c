"""`data/tool-wheels.toml`: the release of a tool that a buildpack installs, with a wheel for each target.

Such a tool is a program for one kind of machine, so that its wheel cannot be in a package for all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE = "data/tool-wheels.toml"
"""Its place in a buildpack."""

_KEYS = ("os", "arch", "platform", "sha256")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class ToolWheelsError(ValueError):
    """A document does not tell the wheels. ``place`` are the keys and indexes of the faulty value."""

    def __init__(self, message: str, *place: str | int) -> None:
        super().__init__(message)
        self.place = place


@dataclass(frozen=True)
class TargetWheel:
    """The wheel for a target. ``platform`` is its platform tag, ``sha256`` in lower-case hex."""

    os: str
    arch: str
    platform: str
    sha256: str


@dataclass(frozen=True)
class ToolWheels:
    """A release of a tool, by the name of its project on package indexes."""

    name: str
    version: str
    wheels: tuple[TargetWheel, ...]


def parse(document: Mapping[str, Any]) -> ToolWheels:
    """Check a document. Raises ToolWheelsError for the first faulty value."""
    name, version = (_text(document, key) for key in ("name", "version"))
    rows = document.get("wheels")
    if not isinstance(rows, list) or not rows:
        raise ToolWheelsError("wheels is not a list of tables", "wheels")
    wheels = tuple(_wheel(row, index) for index, row in enumerate(rows))
    targets = [(one.os, one.arch) for one in wheels]
    if len(set(targets)) < len(targets):
        raise ToolWheelsError("two wheels are for one target", "wheels")
    return ToolWheels(name, version, wheels)


def _wheel(row: object, index: int) -> TargetWheel:
    if not isinstance(row, dict):
        raise ToolWheelsError("wheels has something that is no table", "wheels", index)
    found = TargetWheel(*(_text(row, key, "wheels", index) for key in _KEYS))
    if not _SHA256.fullmatch(found.sha256):
        raise ToolWheelsError("sha256 is not 64 hexadecimal digits", "wheels", index, "sha256")
    return found


def _text(table: Mapping[str, Any], key: str, *place: str | int) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value:
        raise ToolWheelsError(f"{key} is not a text", *place, key)
    return value
