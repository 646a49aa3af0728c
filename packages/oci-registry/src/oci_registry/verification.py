"""Telling whether an OCI layout is whole and unchanged, by reading all of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from oci_registry.content import file_sha256, sha256
from oci_registry.layout import LAYOUT_MARKER, REF_NAME, blob_name

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def is_intact(directory: Path, *, index: str, ref: str) -> bool:
    """Tell whether a layout still holds the index with that digest and all it refers to, unchanged."""
    try:
        entry_point = json.loads((directory / "index.json").read_bytes())
        (descriptor,) = entry_point["manifests"]
        marked = (directory / "oci-layout").read_bytes() == LAYOUT_MARKER
        named = descriptor["digest"] == index and descriptor["annotations"][REF_NAME] == ref
        return bool(marked and named) and _is_intact(directory, descriptor)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _is_intact(directory: Path, descriptor: Mapping[str, Any]) -> bool:
    path = directory / blob_name(descriptor["digest"])
    if path.stat().st_size != descriptor["size"]:
        return False
    if not descriptor["mediaType"].endswith("+json") or descriptor["mediaType"].endswith("config.v1+json"):
        return bool(file_sha256(path) == descriptor["digest"])
    data = path.read_bytes()
    content = json.loads(data)
    children = [*content.get("manifests", ()), *content.get("layers", ()), content.get("config")]
    return sha256(data) == descriptor["digest"] and all(
        _is_intact(directory, child) for child in children if child is not None
    )
