"""The labels of a builder, which platforms such as pack read (Platform API 0.12, "Builder Image")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from buildpack_release.builder.base import METADATA_LABEL
from buildpack_release.builder.module import LAYERS_LABEL
from oci_registry.content import canonical_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from buildpack_release.builder.builder_toml import RunImage
    from buildpack_release.builder.composition import Composition
    from buildpack_release.builder.module import Module
    from buildpack_release.model.order import Group

ORDER_LABEL = "io.buildpacks.buildpack.order"
SYSTEM_LABEL = "io.buildpacks.buildpack.system"
_MIXINS_LABEL = "io.buildpacks.stack.mixins"
_NO_EXTENSIONS = {
    "io.buildpacks.buildpack.order-extensions": "null",
    "io.buildpacks.extension.layers": "{}",
}
# Not a version: equal inputs shall give equal builders.
_CREATOR = {"name": "Strata", "version": "1"}


def builder_labels(composition: Composition) -> dict[str, str]:
    """Return the labels of a builder; what else the base has stays beside them."""
    labels = {
        METADATA_LABEL: _metadata(composition),
        LAYERS_LABEL: _layers(composition.modules),
        ORDER_LABEL: [{"group": _group(group)} for group in composition.order],
    }
    if composition.system_pre or composition.system_post:
        labels[SYSTEM_LABEL] = {
            "pre": {"buildpacks": _group(composition.system_pre)},
            "post": {"buildpacks": _group(composition.system_post)},
        }
    mixins = composition.base.image.labels.get(_MIXINS_LABEL, "null")
    return {name: _json(value) for name, value in labels.items()} | _NO_EXTENSIONS | {_MIXINS_LABEL: mixins}


def _metadata(composition: Composition) -> dict[str, Any]:
    images = [_run_image(image) for image in composition.config.run_images]
    return {
        "description": composition.config.description,
        "buildpacks": [module.info() for module in composition.modules],
        "extensions": [],
        "stack": {"runImage": images[0]},
        "images": images,
        "lifecycle": composition.lifecycle.as_json(),
        "createdBy": _CREATOR,
    }


def _layers(modules: Sequence[Module]) -> dict[str, dict[str, Any]]:
    label: dict[str, dict[str, Any]] = {}
    for module in modules:
        label.setdefault(module.id, {})[module.version] = dict(module.entry)
    return label


def _group(group: Group) -> list[dict[str, Any]]:
    return [
        {"id": entry.id, "version": entry.version, **({"optional": True} if entry.optional else {})}
        for entry in group
    ]


def _run_image(image: RunImage) -> dict[str, Any]:
    return {"image": image.image, "mirrors": list(image.mirrors)}


def _json(value: Any) -> str:  # noqa: ANN401  JSON is untyped
    return canonical_json(value).decode()
