"""Buildpackages: images that hold buildpacks (Distribution API 0.3, "Buildpackage")."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from oci_registry.content import canonical_json
from oci_registry.image import Image, Platform, make_image, plain_config
from oci_registry.tar import TarEntry, tree_entries

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from buildpack_release.model.buildpack_descriptor import BuildpackDescriptor
    from buildpack_release.model.targets import DeclaredTarget
    from oci_registry.layer import ImageLayer

METADATA_LABEL = "io.buildpacks.buildpackage.metadata"
LAYERS_LABEL = "io.buildpacks.buildpack.layers"
_PROGRAMS = ("bin/detect", "bin/build")


@dataclass(frozen=True)
class BuildpackLayer:
    """The layer of one buildpack. `targets` are those that this layer is for: its descriptor's, or fewer."""

    descriptor: BuildpackDescriptor
    layer: ImageLayer
    targets: tuple[DeclaredTarget, ...]


def layer_entries(directory: Path, descriptor: BuildpackDescriptor) -> Iterator[TarEntry]:
    """Yield the content of a buildpack's layer: the folders of its id and version, then its files.

    There is no entry for `/cnb/buildpacks` itself: pack would take it for the folder of an id.
    """
    parent = f"/cnb/buildpacks/{descriptor.escaped_id}"
    yield TarEntry(parent)
    yield from tree_entries(directory, f"{parent}/{descriptor.version}", programs=_PROGRAMS)


def make_buildpackage(
    descriptor: BuildpackDescriptor,
    platform: Platform,
    own: BuildpackLayer,
    components: Sequence[BuildpackLayer],
    *,
    source: str = "",
) -> Image:
    """Compose the image of a buildpack; of a composite with its components, sorted, and itself last."""
    parts = [*sorted(components, key=lambda layer: str(layer.descriptor)), own]
    labels = {
        METADATA_LABEL: canonical_json(_metadata(descriptor)).decode(),
        LAYERS_LABEL: canonical_json(_layers(parts)).decode(),
    }
    layers = [replace(part.layer, title=str(part.descriptor)) for part in parts]
    return make_image(
        platform,
        layers,
        config=plain_config(platform, layers, labels),
        annotations=standard_annotations(descriptor, source=source),
    )


def standard_annotations(descriptor: BuildpackDescriptor, *, source: str = "") -> dict[str, str]:
    """Return the annotations (OCI image-spec 1.1, "Annotations") that there are values for.

    `source` is where the repository is on the web. There is no `revision`: equal inputs give equal bits in
    every clone and at every commit, so the commit stands in the provenance, beside the image.
    """
    values = {
        "title": descriptor.name or descriptor.id,
        "version": descriptor.version,
        "description": descriptor.description,
        "source": source,
        "url": descriptor.homepage,
        "licenses": " AND ".join(license_.type for license_ in descriptor.licenses if license_.type),
    }
    return {f"org.opencontainers.image.{key}": value for key, value in values.items() if value}


def _metadata(descriptor: BuildpackDescriptor) -> dict[str, Any]:
    licenses = [_present({"type": item.type, "uri": item.uri}) for item in descriptor.licenses]
    optional = {
        "name": descriptor.name,
        "homepage": descriptor.homepage,
        "description": descriptor.description,
        "keywords": list(descriptor.keywords),
        "licenses": licenses,
        "clear-env": descriptor.clear_env,
        "exec-env": list(descriptor.exec_env),
    }
    # The specification demands a stack, which buildpacks with targets no longer have.
    return {"id": descriptor.id, "version": descriptor.version, "stacks": [{"id": "*"}], **_present(optional)}


def _layers(layers: Sequence[BuildpackLayer]) -> dict[str, dict[str, Any]]:
    label: dict[str, dict[str, Any]] = {}
    for layer in layers:
        label.setdefault(layer.descriptor.id, {})[layer.descriptor.version] = _layer(layer)
    return label


def _layer(layer: BuildpackLayer) -> dict[str, Any]:
    descriptor = layer.descriptor
    optional = {
        "name": descriptor.name,
        "homepage": descriptor.homepage,
        "targets": [_target(target) for target in layer.targets],
        "order": [
            {
                "group": [
                    {"id": entry.id, "version": entry.version, **_present({"optional": entry.optional})}
                    for entry in group
                ]
            }
            for group in descriptor.order
        ],
    }
    return {"api": descriptor.api, "layerDiffID": layer.layer.diff_id, **_present(optional)}


def _target(target: DeclaredTarget) -> dict[str, Any]:
    distros = [_present({"name": distro.name, "version": distro.version}) for distro in target.distros]
    return _present({"os": target.os, "arch": target.arch, "variant": target.variant, "distros": distros})


def _present(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value}
