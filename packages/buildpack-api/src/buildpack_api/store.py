"""store.toml: a buildpack's own notes from build to build (Buildpack API 0.10, 'store.toml (TOML)').

They are kept in a label of the app image, not in the cache.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from buildpack_api import toml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def load_store(layers: Path) -> dict[str, Any]:
    """Return the ``[metadata]`` of the previous build; empty if there is none or it cannot be read.

    What was stored is a convenience that any build can do without, so a broken file is no error.
    """
    path = layers / "store.toml"
    if not path.exists():
        return {}
    try:
        metadata = toml.load(path).get("metadata", {})
    except toml.TomlError:
        return {}
    return metadata if isinstance(metadata, dict) else {}


def write_store(layers: Path, metadata: Mapping[str, Any]) -> None:
    """Replace what is stored. It is public (a label of the image): never put a secret in it."""
    toml.write(layers / "store.toml", {"metadata": dict(metadata)})
