"""The edit of a buildpack.toml for a release: its version and those in its order. All else stays."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import tomlkit
from tomlkit.items import String

from buildpack_common.parsing import parse_toml
from buildpack_release.errors import ReleaseError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, MutableMapping

    from buildpack_release.model.toml_source import TomlSource


def with_versions(source: TomlSource, version: str, siblings: Mapping[str, str]) -> str:
    """Return the text of a sound descriptor with another version, and with those of `siblings` in its order.

    Raises ReleaseError if the edit would change anything else, which only unusual TOML could cause.
    """
    document = tomlkit.parse(source.text)
    _set_versions(document, version, siblings)
    text = tomlkit.dumps(document)
    expected = copy.deepcopy(source.data)
    _set_versions(expected, version, siblings)
    if text.count("\n") != source.text.count("\n") or parse_toml(text) != expected:
        raise ReleaseError(
            "the versions in this file cannot be edited without changing more",
            advice="Write [buildpack] and [[order]] in the usual form, each value on a line.",
            file=source.path,
        )
    return text


def without_versions(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data of a descriptor without its version and those in its order, all that a release sets."""
    copied = copy.deepcopy(dict(data))
    for table in _versioned(copied, None):
        table.pop("version", None)
    return copied


def _set_versions(data: MutableMapping[str, Any], version: str, siblings: Mapping[str, str]) -> None:
    own, *entries = _versioned(data, siblings)
    _set(own, version)
    for entry in entries:
        _set(entry, siblings[str(entry["id"])])


def _versioned(
    data: MutableMapping[str, Any], ids: Mapping[str, str] | None
) -> Iterator[MutableMapping[str, Any]]:
    """Return the tables with versions: the buildpack's, then the order entries with these ids (None: all)."""
    yield data["buildpack"]
    for order in data.get("order", ()):
        for entry in order["group"]:
            if ids is None or entry["id"] in ids:
                yield entry


def _set(table: MutableMapping[str, Any], version: str) -> None:
    """Set a version if it differs, in the kind of quotes that it has."""
    old = table["version"]
    if old == version:
        return
    is_literal = isinstance(old, String) and old.as_string().startswith("'")
    table["version"] = tomlkit.string(version, literal=True) if is_literal else version
