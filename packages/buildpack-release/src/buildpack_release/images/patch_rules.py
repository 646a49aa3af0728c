"""When the Python of an image may be exchanged without a build, and why not.

A refusal says what is certain. What cannot be known, since whoever built the image did not record it, is a
doubt: it refuses as well, unless it is asked to go on (`--force`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from packaging.markers import InvalidMarker, Marker, UndefinedComparison, UndefinedEnvironmentName
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from buildpack_release.errors import ReleaseError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from buildpack_release.images.app_image import AppImage, BuildpackLayer
    from buildpack_release.images.known_runtime import KnownRuntime

# What python-runtime records of its layer: inputs, all of them known here; what came out, or was asked.
_INPUTS = ("version", "sha256", "os", "arch", "keep", "bytecode", "location", "recipe")
_OUTCOMES = frozenset({"size", "constraints"})
_EQUAL = ("os", "arch", "keep", "bytecode", "location", "recipe")
# What app-venv records for this very purpose: who made the environment, and what may speak against another.
_MADE_BY, _CONDITIONS, _NEEDS_LIBPYTHON = "made_by", "conditions", "needs_libpython"
# Where a version need not be that of Python: other names with versions, and how it once was made.
_OTHER_VERSIONS = frozenset({_MADE_BY, _CONDITIONS, "packages", "room", "problems"})
_MARKED = ("python_full_version", "implementation_version")
_OF_THE_APP = ("constraints",)
"""Metadata of the layer that are about the app, and stay as they are."""


@dataclass
class Verdict:
    """What speaks against an exchange, what is in doubt, and what should be known if it is made."""

    refusals: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def judge_records(app: AppImage, layer: BuildpackLayer, version: str, verdict: Verdict) -> None:
    """Judge by what the labels of an image say about another version of its Python; nothing is read."""
    verdict.refusals += _label_faults(app, layer)
    _judge_constraints(layer, version, verdict)
    for other in app.buildpack_layers:
        if other is not layer:
            _judge_other(other, layer, version, verdict)


def judge_layers(
    app: AppImage,
    layer: BuildpackLayer,
    old: KnownRuntime | ReleaseError,
    new: KnownRuntime,
    verdict: Verdict,
) -> None:
    """Judge by what both layers hold. `old` is what the image's own should be, or why that is not known."""
    for key in _EQUAL:
        if layer.data.get(key) != new.data.get(key):
            verdict.refusals.append(f"{key} differs: {layer.data.get(key)!r}, now {new.data.get(key)!r}")
    if isinstance(old, ReleaseError):
        verdict.doubts.append(f"whether its layer is as it was released is not known: {old.title}")
    elif old.diff_id != layer.diff_id:
        verdict.refusals.append(
            f"its layer is not that of Python {layer.text('version')} as it was released: somebody changed it"
        )
    elif old.contents().magic != new.contents().magic:
        verdict.refusals.append("the bytecode of the two is not the same kind")
    needing = [one for other in app.buildpack_layers for one in other.texts(_NEEDS_LIBPYTHON)]
    if needing and not new.contents().has_libpython:
        verdict.refusals.append(f"libpython is needed by {needing[0]}, and the new layer has no shared one")


def exchanged_data(layer: BuildpackLayer, new: KnownRuntime) -> Mapping[str, object]:
    """Return the metadata of the layer after the exchange: the new layer's, but for what is about the app."""
    kept = {key: layer.data[key] for key in _OF_THE_APP if key in layer.data}
    return {**{key: value for key, value in new.data.items() if key not in _OF_THE_APP}, **kept}


def _label_faults(app: AppImage, layer: BuildpackLayer) -> Iterator[str]:
    diff_ids = app.image.diff_ids
    if len(diff_ids) != len(app.image.manifest.layers):
        yield "its manifest and its configuration do not have the same number of layers"
    if diff_ids.count(layer.diff_id) != 1:
        yield f"its layer {layer.title} is there {diff_ids.count(layer.diff_id)} times, not once"
    if app.metadata.get("sbom") and app.layer(app.sbom_diff_id) is None:
        yield "it has no layer with the bills of materials that its label names"
    if missing := [key for key in _INPUTS if key not in layer.data]:
        yield f"the metadata of its Python are of a form that is not known: no {missing[0]}"
    if unknown := sorted(layer.data.keys() - {*_INPUTS, *_OUTCOMES}):
        yield f"the metadata of its Python are of a form that is not known: {unknown[0]}"
    target = (app.image.config.get("os"), app.image.config.get("architecture"))
    if target != (layer.data.get("os"), layer.data.get("arch")):
        yield f"the image is for {target[0]}/{target[1]}, and its Python is not"


def _judge_constraints(layer: BuildpackLayer, version: str, verdict: Verdict) -> None:
    if not isinstance(layer.data.get("constraints"), list):
        verdict.doubts.append("which Python the app asks for is not recorded")
        return
    for text in layer.texts("constraints"):
        try:
            alternatives = [SpecifierSet(one) for one in text.rpartition(": ")[2].split(" || ")]
        except InvalidSpecifier:
            verdict.doubts.append(f"what the app asks for cannot be read: {text}")
            continue
        if not any(one.contains(version) for one in alternatives):
            verdict.refusals.append(f"the app asks for another Python: {text}")


def _judge_other(other: BuildpackLayer, layer: BuildpackLayer, version: str, verdict: Verdict) -> None:
    """Judge by the metadata of another layer: its own records for this, any mention of the old version."""
    old = layer.text("version")
    named = re.compile(rf"(?<![0-9.]){re.escape(old)}(?![0-9]|\.[0-9])")
    for key, value in other.data.items():
        if key not in _OTHER_VERSIONS and named.search(str(value)):
            verdict.refusals.append(f"{other.title} names Python {old} in its metadata ({key})")
            break
    if "packages" not in other.data and _CONDITIONS not in other.data:
        return
    if not isinstance(other.data.get(_CONDITIONS), list) or not other.texts(_MADE_BY):
        verdict.doubts.append(f"what in {other.title} depends on the patch of Python is not recorded")
        verdict.warnings.append(
            "pyvenv.cfg may name the full version: uv in a container would delete it then"
        )
        return
    made_by = other.texts(_MADE_BY)[0]
    for condition in other.texts(_CONDITIONS):
        before, now = _answer(condition, made_by), _answer(condition, version)
        if before is not now:
            verdict.refusals.append(f"{condition} is no longer what it was when {other.title} was made")


def _answer(condition: str, version: str) -> bool | None:
    """Answer a marker for a version of CPython; None if nobody could."""
    try:
        return Marker(condition).evaluate(dict.fromkeys(_MARKED, version))
    except (InvalidMarker, UndefinedComparison, UndefinedEnvironmentName, ValueError):
        return None
