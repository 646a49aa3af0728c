"""The image of a builder: the base's layers, then its own (`builder_files`, `builder_labels`)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from buildpack_release.builder import builder_files
from buildpack_release.builder.builder_labels import builder_labels
from buildpack_release.builder.builder_variables import variable_files
from buildpack_release.errors import CheckFailed
from oci_registry.content import DOCKER_LAYER, DOCKER_LAYER_TAR, LAYER, LAYER_TAR
from oci_registry.image import CREATED, Image, Platform, make_image
from oci_registry.layer import ImageLayer, compress_layer, write_layer
from oci_registry.tar import TarEntry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from buildpack_release.builder.composition import Composition
    from buildpack_release.builder.source_image import SourceImage

_MEDIA_TYPES = {DOCKER_LAYER: LAYER, DOCKER_LAYER_TAR: LAYER_TAR}
# The only keys of a configuration that OCI knows; Docker's older ones tell about the machine it was made on.
_CONFIG_KEYS = ("architecture", "author", "os", "os.features", "os.version", "variant")
BASE_DIGEST = "org.opencontainers.image.base.digest"


def make_builder(composition: Composition, scratch: Path) -> Image:
    """Write the layers that are new into an empty folder, and compose the image.

    Raises CheckFailed for a base with layers that cannot be used elsewhere.
    """
    base, target = composition.base.image, composition.base.target
    own = tuple(_own_layers(composition, scratch))
    return make_image(
        Platform(target.os, target.arch, target.variant),
        [*(_with_oci_type(layer, base) for layer in base.layers), *own],
        config=_config(composition, own),
        annotations={BASE_DIGEST: base.manifest.digest},
    )


def _own_layers(composition: Composition, scratch: Path) -> Iterator[ImageLayer]:
    config, writer = composition.config, _Writer(scratch)
    yield writer.compress(builder_files.folders_archive(composition.base), "folders")
    yield writer.write(composition.lifecycle.entries(), f"lifecycle {composition.lifecycle.version}")
    for layer in composition.layers:
        names = [str(module) for module in composition.modules if module.layer.diff_id == layer.diff_id]
        yield replace(_with_oci_type(layer, composition.base.image), title=", ".join(names))
    yield writer.write_text(builder_files.ORDER, builder_files.order_toml(composition.order))
    if composition.system_pre or composition.system_post:
        system = builder_files.system_toml(composition.system_pre, composition.system_post)
        yield writer.write_text(builder_files.SYSTEM, system)
    yield writer.write_text(builder_files.STACK, builder_files.stack_toml(config.run_images[0]))
    yield writer.write_text(builder_files.RUN, builder_files.run_toml(config.run_images))
    if config.variables:
        entries = builder_files.variable_entries(variable_files(config.variables))
        yield writer.write(entries, builder_files.VARIABLES)


@dataclass
class _Writer:
    """Writes new layers into a folder, one file each."""

    folder: Path
    count: int = 0

    def write(self, entries: Iterable[TarEntry], title: str) -> ImageLayer:
        return write_layer(entries, self._path(), title=title)

    def write_text(self, name: str, text: str) -> ImageLayer:
        return self.write([TarEntry.content(name, text.encode())], name)

    def compress(self, archive: bytes, title: str) -> ImageLayer:
        return compress_layer([archive], self._path(), title=title)

    def _path(self) -> Path:
        self.count += 1
        return self.folder / f"{self.count}.layer"


def _with_oci_type(layer: ImageLayer, image: SourceImage) -> ImageLayer:
    """Return a layer with OCI's name of its type: Docker's other names mean the same bytes."""
    media_type = _MEDIA_TYPES.get(layer.media_type, layer.media_type)
    if not media_type.startswith(LAYER_TAR):
        raise CheckFailed(
            f"a layer of {image.name} cannot be used in another image",
            detail=f'Its type is "{layer.media_type}".',
            advice="Take a base whose layers are all in the registry.",
        )
    return replace(layer, media_type=media_type)


def _config(composition: Composition, own: Sequence[ImageLayer]) -> Mapping[str, Any]:
    base = composition.base.image
    settings = {
        **base.settings,
        "Labels": {**base.labels, **builder_labels(composition)},
        "WorkingDir": builder_files.LAYERS,
    }
    history = [{"created": CREATED, "created_by": layer.title} for layer in own]
    return {
        **{key: base.config[key] for key in _CONFIG_KEYS if base.config.get(key)},
        "created": CREATED,
        "config": settings,
        "history": [*_base_history(base), *history],
    }


def _base_history(base: SourceImage) -> list[Any]:
    """Return the base's history; a plain one if it does not fit the layers, since tools compare them."""
    found = base.config.get("history")
    history = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    if sum(not one.get("empty_layer") for one in history) == len(base.layers):
        return history
    return [{"created": CREATED, "created_by": "the base image"} for _ in base.layers]
