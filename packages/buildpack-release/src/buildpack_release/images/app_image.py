"""What the lifecycle says of an app image: layers, buildpacks, processes (Platform API, "Exporter", labels).

All of it comes from labels that anybody may have written: what is missing or of another form is left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, Any

from oci_registry.content import Descriptor, json_object, label_object

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from oci_registry.reading import ReadImage

LIFECYCLE_LABEL = "io.buildpacks.lifecycle.metadata"
BUILD_LABEL = "io.buildpacks.build.metadata"
PATCH_LABEL = "strata.image.patched"
"""The label that tells which image this one was made of, by exchanging its Python without a build."""
# What the lifecycle adds itself: the key of its metadata, and what people call it.
_OWN = {"sbom": "bill of materials", "launcher": "launcher", "config": "launcher config"}
_PROCESS_TYPES = "process-types"


class LayerKind(Enum):
    """Whose a layer is."""

    RUN_IMAGE = "run image"
    BUILDPACK = "buildpack"
    APP = "app"
    LIFECYCLE = "lifecycle"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class BuildpackLayer:
    """A layer that a buildpack has made: its metadata are `data`, as the buildpack wrote them."""

    buildpack: str
    version: str
    name: str
    diff_id: str
    data: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def title(self) -> str:
        """`buildpack:layer`, as the lifecycle calls it."""
        return f"{self.buildpack}:{self.name}"

    def text(self, key: str) -> str:
        """Return a text of the metadata; "" if there is none."""
        value = self.data.get(key)
        return value if isinstance(value, str) else ""

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts of the metadata; an empty one if there is none."""
        value = self.data.get(key)
        return tuple(map(str, value)) if isinstance(value, list) else ()


@dataclass(frozen=True)
class AppLayer:
    """A layer of an app image: what it is, and its blob. `title` is for people."""

    kind: LayerKind
    title: str
    diff_id: str
    blob: Descriptor


@dataclass(frozen=True)
class LaunchedProcess:
    """A process of the image."""

    type: str
    command: tuple[str, ...]
    is_default: bool


@dataclass(frozen=True)
class AppImage:
    """An image for one platform, as its labels tell. It need not be one of buildpacks: see `is_built`."""

    image: ReadImage

    @cached_property
    def metadata(self) -> Mapping[str, Any]:
        """The lifecycle's account of all layers."""
        return self.label(LIFECYCLE_LABEL)

    @cached_property
    def build(self) -> Mapping[str, Any]:
        """The lifecycle's account of the build."""
        return self.label(BUILD_LABEL)

    @property
    def is_built(self) -> bool:
        """Whether the lifecycle has exported it."""
        return bool(self.metadata)

    @property
    def is_app(self) -> bool:
        """Whether there is an app in it, and not only layers for others to take."""
        return bool(_list(self.metadata, "app"))

    @property
    def digest(self) -> str:
        """The digest of its manifest."""
        return self.image.manifest.digest

    @property
    def created_by(self) -> tuple[tuple[str, str], ...]:
        """Id and version of the buildpacks that took part, in their order."""
        found = (json_object(one) for one in _list(self.build, "buildpacks"))
        return tuple((str(one.get("id", "")), str(one.get("version", ""))) for one in found)

    @property
    def processes(self) -> tuple[LaunchedProcess, ...]:
        """The processes, in the lifecycle's order."""
        default = self.build.get("buildpack-default-process-type")
        return tuple(
            LaunchedProcess(
                str(one.get("type", "")),
                (*_words(one.get("command")), *_words(one.get("args"))),
                one.get("type") == default,
            )
            for one in (json_object(one) for one in _list(self.build, "processes"))
        )

    @property
    def patched_from(self) -> tuple[str, str]:
        """The digest of the image, or its index, that this one was patched from, and its Python; or ""."""
        found = self.label(PATCH_LABEL)
        return str(found.get("from", "")), str(found.get("python", ""))

    @property
    def run_image(self) -> str:
        """The run image, as the build was told: its name if there is one, else its digest."""
        said = json_object(self.metadata.get("runImage"))
        named = said.get("image") or json_object(json_object(self.metadata.get("stack")).get("runImage")).get(
            "image"
        )
        return str(named or said.get("reference") or "")

    @cached_property
    def buildpack_layers(self) -> tuple[BuildpackLayer, ...]:
        """The layers of the buildpacks that are in the image, in the buildpacks' order."""
        return tuple(self._buildpack_layers())

    def buildpack_layer(self, buildpack: str, name: str) -> BuildpackLayer | None:
        """Return the layer of a buildpack with a name; None if there is none."""
        found = (one for one in self.buildpack_layers if (one.buildpack, one.name) == (buildpack, name))
        return next(found, None)

    def _buildpack_layers(self) -> Iterator[BuildpackLayer]:
        for buildpack in (json_object(one) for one in _list(self.metadata, "buildpacks")):
            for name, said in json_object(buildpack.get("layers")).items():
                layer = json_object(said)
                if layer.get("launch") and isinstance(layer.get("sha"), str):
                    yield BuildpackLayer(
                        str(buildpack.get("key", "")),
                        str(buildpack.get("version", "")),
                        str(name),
                        layer["sha"],
                        json_object(layer.get("data")),
                    )

    @cached_property
    def layers(self) -> tuple[AppLayer, ...]:
        """All layers, the lowest first. Empty if manifest and configuration do not fit together."""
        blobs, diff_ids = self.image.manifest.layers, self.image.diff_ids
        if len(blobs) != len(diff_ids):
            return ()
        top = json_object(self.metadata.get("runImage")).get("topLayer")
        of_run_image = diff_ids.index(top) + 1 if top in diff_ids else 0
        known = self._titles()
        return tuple(
            AppLayer(LayerKind.RUN_IMAGE, f"run image, layer {number}", diff_id, blob)
            if number <= of_run_image
            else AppLayer(*known.get(diff_id, (LayerKind.UNKNOWN, f"layer {number}")), diff_id, blob)
            for number, (blob, diff_id) in enumerate(zip(blobs, diff_ids, strict=True), start=1)
        )

    def layer(self, diff_id: str) -> AppLayer | None:
        """Return the layer with a diff ID; None if there is none."""
        return next((layer for layer in self.layers if layer.diff_id == diff_id), None)

    @property
    def sbom_diff_id(self) -> str:
        """The diff ID of the layer with the bills of materials; "" if there is none."""
        return str(json_object(self.metadata.get("sbom")).get("sha") or "")

    def _titles(self) -> dict[str, tuple[LayerKind, str]]:
        known = {layer.diff_id: (LayerKind.BUILDPACK, layer.title) for layer in self.buildpack_layers}
        slices = [str(json_object(one).get("sha")) for one in _list(self.metadata, "app")]
        for number, sha in enumerate(slices, start=1):
            known[sha] = (LayerKind.APP, "app" if len(slices) == 1 else f"app, slice {number}")
        for key, title in {**_OWN, _PROCESS_TYPES: "process types"}.items():
            known[str(json_object(self.metadata.get(key)).get("sha"))] = (LayerKind.LIFECYCLE, title)
        return known

    def label(self, name: str) -> dict[str, Any]:
        """Return a label that holds a JSON object; an empty one for anything else."""
        return label_object(self.image.labels, name)


def _list(document: Mapping[str, Any], key: str) -> Sequence[object]:
    value = document.get(key)
    return value if isinstance(value, list) else ()


def _words(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()
