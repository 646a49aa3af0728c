"""What a running buildpack needs to know of its own buildpack.toml (Buildpack API 0.10)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_api import toml
from buildpack_api.errors import PlatformError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class BuildpackIdentity:
    """Who this buildpack is. ``homepage`` is empty if it has none."""

    id: str
    version: str
    api: str
    name: str
    homepage: str = ""
    sbom_formats: tuple[str, ...] = ()

    @classmethod
    def from_file(cls, path: Path) -> BuildpackIdentity:
        """Read a buildpack.toml. Raises TomlError, or PlatformError if id, version or api is missing."""
        document = toml.load(path)
        table = document.get("buildpack")
        if not isinstance(table, dict):
            raise PlatformError(f"{path}: the table [buildpack] is missing")
        identity = _required(table, "id", path)
        return cls(
            id=identity,
            version=_required(table, "version", path),
            api=_required(document, "api", path),
            name=str(table.get("name") or identity),
            homepage=str(table.get("homepage") or ""),
            sbom_formats=tuple(table.get("sbom-formats", ())),
        )


def _required(table: Mapping[str, object], key: str, path: Path) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value:
        raise PlatformError(f"{path}: {key!r} is missing or not a string")
    return value
