"""What the lifecycle says about an image that it exported: its labels and configuration, parsed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from buildpack_testing.cnb.image_layout import LayoutImage

_LIFECYCLE = "io.buildpacks.lifecycle.metadata"
_BUILD = "io.buildpacks.build.metadata"


@dataclass(frozen=True)
class BuiltImage:
    """An app image: where it is, what it is, the lifecycle's report and everything that was printed.

    reference is a registry's reference; in layout mode it is `oci:DIRECTORY`.
    """

    reference: str
    image: LayoutImage
    report: Mapping[str, Any]
    output: str

    @property
    def digest(self) -> str:
        """The manifest's digest: two builds with the same result have the same one."""
        return self.image.digest

    @property
    def diff_ids(self) -> tuple[str, ...]:
        """The digests of all layers, uncompressed, from the run image's to the last."""
        return tuple(self.image.config["rootfs"]["diff_ids"])

    @property
    def labels(self) -> Mapping[str, str]:
        """All labels."""
        labels: dict[str, str] = self._settings.get("Labels") or {}
        return labels

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment in the image's configuration; the launcher adds to it."""
        return dict(entry.split("=", 1) for entry in self._settings.get("Env") or ())

    @property
    def user(self) -> str:
        """The user that the app runs as."""
        return str(self._settings.get("User", ""))

    @property
    def entrypoint(self) -> tuple[str, ...]:
        """The program that starts: the default process or the launcher."""
        return tuple(self._settings.get("Entrypoint") or ())

    @property
    def working_directory(self) -> str:
        """Where the app starts."""
        return str(self._settings.get("WorkingDir", ""))

    @property
    def lifecycle_metadata(self) -> Mapping[str, Any]:
        """The label in which the lifecycle keeps its account of all layers."""
        return self._json(_LIFECYCLE)

    @property
    def build_metadata(self) -> Mapping[str, Any]:
        """The label with buildpacks, processes and launcher."""
        return self._json(_BUILD)

    @property
    def launch_layers(self) -> Mapping[str, str]:
        """The diff ID of each buildpack's layer in the image, by "<buildpack id>:<layer>"."""
        return {
            f"{buildpack['key']}:{name}": layer["sha"]
            for buildpack in self.lifecycle_metadata["buildpacks"]
            for name, layer in (buildpack.get("layers") or {}).items()
            if layer.get("launch")
        }

    @property
    def app_layers(self) -> tuple[str, ...]:
        """The diff IDs of the app's own code: slices, then the rest."""
        return tuple(layer["sha"] for layer in self.lifecycle_metadata["app"])

    @property
    def layer_metadata(self) -> Mapping[str, Mapping[str, Any]]:
        """The [metadata] of each layer in the image, by "<buildpack id>:<layer>"."""
        return {
            f"{buildpack['key']}:{name}": layer.get("data") or {}
            for buildpack in self.lifecycle_metadata["buildpacks"]
            for name, layer in (buildpack.get("layers") or {}).items()
        }

    @property
    def processes(self) -> Mapping[str, Mapping[str, Any]]:
        """The launch processes by type."""
        return {process["type"]: process for process in self.build_metadata.get("processes") or ()}

    @property
    def _settings(self) -> Mapping[str, Any]:
        settings: dict[str, Any] = self.image.config["config"]
        return settings

    def _json(self, label: str) -> Mapping[str, Any]:
        value: dict[str, Any] = json.loads(self.labels[label])
        return value
