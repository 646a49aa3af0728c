"""The labels by which pack and others read a buildpackage (Distribution API 0.3, "Buildpackage")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from buildpack_common.parsing import parse_json
from buildpack_release.packaging.buildpackage import LAYERS_LABEL, METADATA_LABEL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from oci_registry.reading import ReadImage

_Entries = dict[tuple[str, str], dict[str, Any]]


def label_problems(image: ReadImage, buildpack_id: str, version: str) -> Iterator[str]:
    """Return what would keep pack from reading an image as the buildpackage of an id and version."""
    metadata = _label(image.labels, METADATA_LABEL)
    layers = _label(image.labels, LAYERS_LABEL)
    if metadata is None or layers is None:
        missing = METADATA_LABEL if metadata is None else LAYERS_LABEL
        yield f"the label {missing} is missing or no JSON object"
        return
    found = f"{metadata.get('id')}@{metadata.get('version')}"
    if found != f"{buildpack_id}@{version}":
        yield f"the label {METADATA_LABEL} is of {found}"
    entries = _entries(layers)
    if (buildpack_id, version) not in entries:
        yield f"the label {LAYERS_LABEL} does not know {buildpack_id}@{version}"
    for (one, number), entry in entries.items():
        for text in _entry_problems(entry, entries, image.diff_ids):
            yield f"{one}@{number} in the label {LAYERS_LABEL} {text}"
    known = {entry.get("layerDiffID") for entry in entries.values()}
    for diff_id in image.diff_ids:
        if diff_id not in known:
            yield f"the layer {diff_id} belongs to no buildpack"


def _entry_problems(entry: Mapping[str, Any], entries: _Entries, diff_ids: tuple[str, ...]) -> Iterator[str]:
    if not entry.get("api"):
        yield "has no api"
    if entry.get("layerDiffID") not in diff_ids:
        yield "names a layer that is not there"
    for group in _list(entry.get("order")):
        for member in _list(group.get("group")):
            if (member.get("id"), member.get("version")) not in entries:
                yield f"contains {member.get('id')}@{member.get('version')}, which is not there"


def _entries(layers: Mapping[str, Any]) -> _Entries:
    return {
        (buildpack_id, version): entry
        for buildpack_id, versions in layers.items()
        if isinstance(versions, dict)
        for version, entry in versions.items()
        if isinstance(entry, dict)
    }


def _label(labels: Mapping[str, str], name: str) -> dict[str, Any] | None:
    try:
        value = parse_json(labels.get(name, ""))
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _list(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
