"""What bin/build left in its layers directory, read and checked as in the lifecycle (buildpack/build.go)."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from buildpack_api.layers import LayerTypes
from buildpack_release.errors import CheckFailed
from buildpack_testing.decoded_toml import decoded, load
from buildpack_testing.failure import LifecycleCode, PhaseError
from buildpack_testing.image_store import ProcessRecord

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

RESERVED = frozenset({"launch", "build", "store"})
"""What a file of the specification is called, and yet a layer can be, if there is such a directory."""

_TYPES = ("launch", "build", "cache")
_LAYER = {"types": dict.fromkeys(_TYPES, bool), "metadata": object}
_PROCESS = {
    "type": str,
    "command": [str],
    "args": [str],
    "default": bool,
    "working-dir": str,
    "direct": object,
}
_LABEL = {"key": str, "value": str}
_LAUNCH = {"processes": [_PROCESS], "labels": [_LABEL], "slices": [{"paths": [str]}]}
_BUILD = {"unmet": [{"name": str}]}
_STORE = {"metadata": object}
_SBOM_FORMATS = {
    "cdx.json": "application/vnd.cyclonedx+json",
    "spdx.json": "application/spdx+json",
    "syft.json": "application/vnd.syft+json",
}


@dataclass(frozen=True)
class LayerOutput:
    """A layer with a <layer>.toml, whose metadata may be absent.

    sboms holds its SBOM files' texts by extension, such as "cdx.json".
    """

    name: str
    path: Path
    types: LayerTypes
    metadata: Mapping[str, Any] | None
    sboms: Mapping[str, str] = field(default_factory=dict)

    @property
    def has_contents(self) -> bool:
        """Whether there is a directory, or whatever else is archived in place of one."""
        return self.path.exists()


@dataclass(frozen=True)
class BuildpackOutput:
    """Everything a buildpack has exported; ignored names directories that go nowhere.

    slices are the patterns of app files that become layers of their own.
    """

    layers: tuple[LayerOutput, ...]
    ignored: tuple[str, ...]
    processes: tuple[ProcessRecord, ...]
    labels: Mapping[str, str]
    slices: tuple[str, ...]
    unmet: frozenset[str]
    store: Mapping[str, Any] | None


def read_outputs(
    directory: Path, *, plan_names: Collection[str], sbom_formats: Collection[str]
) -> BuildpackOutput:
    """Read the layers directory of one buildpack; layers without any type are renamed to <layer>.ignore.

    Raises PhaseError (52) for what the lifecycle refuses.
    """
    directory.mkdir(parents=True, exist_ok=True)  # a buildpack may have removed its own
    try:
        layers = tuple(_read_layer(file) for file in _layer_files(directory))
        launch = _read_optional(directory / "launch.toml", _LAUNCH)
        build = _read_optional(directory / "build.toml", _BUILD)
        store_file = directory / "store.toml"  # the only one that may be a directory
        store = _read_optional(store_file, _STORE) if store_file.is_file() else {"metadata": None}
        processes = tuple(_read_process(table) for table in launch["processes"])
    except (CheckFailed, OSError, ValueError, TypeError) as error:
        raise _refused(directory, str(error)) from error
    unmet = frozenset(entry["name"] for entry in build["unmet"])
    _check_processes(directory, processes)
    if unmet - set(plan_names):
        raise _refused(
            directory, f"build.toml: {', '.join(sorted(unmet - set(plan_names)))} is not in its plan"
        )
    _check_sboms(directory, {layer.name for layer in layers}, sbom_formats)
    kept = tuple(layer for layer in layers if layer.types != LayerTypes())
    ignored = _set_aside(directory, layers, kept)
    labels = {label["key"]: label["value"] for label in launch["labels"]}
    slices = tuple(pattern for one in launch["slices"] for pattern in one["paths"])
    return BuildpackOutput(kept, ignored, processes, labels, slices, unmet, store["metadata"])


def _layer_files(directory: Path) -> list[Path]:
    files = [
        path
        for path in directory.glob("*.toml")
        if path.is_file() and (path.stem not in RESERVED or path.with_suffix("").is_dir())
    ]
    return sorted(files, key=lambda path: os.fsencode(path.name))


def _read_layer(file: Path) -> LayerOutput:
    document = load(file)
    if any(name in document for name in _TYPES):  # in this case alone
        raise ValueError(f"{file.name}: launch, build and cache belong into [types]")
    layer = decoded(document, _LAYER, file.name)
    # The layer of an SBOM is what precedes the first dot of its name: one with a dot in its name has none.
    sboms = {
        path.name.partition(".sbom.")[2]: path.read_text("utf-8")
        for path in sorted(file.parent.glob(f"{file.stem}.sbom.*.json"))
        if "." not in file.stem
    }
    return LayerOutput(
        file.stem, file.with_suffix(""), LayerTypes(**layer["types"]), layer["metadata"], sboms
    )


def _read_process(table: Mapping[str, Any]) -> ProcessRecord:
    if table["direct"] is not None:
        raise ValueError("launch.toml: there is no direct since Buildpack API 0.9")
    return ProcessRecord(
        table["type"], tuple(table["command"]), tuple(table["args"]), table["default"], table["working-dir"]
    )


def _check_processes(directory: Path, processes: tuple[ProcessRecord, ...]) -> None:
    if sum(process.default for process in processes) > 1:
        raise _refused(directory, "launch.toml: more than one process is the default")


def _check_sboms(directory: Path, layers: Collection[str], declared: Collection[str]) -> None:
    """Check the files the lifecycle looks at (buildpack/bomfile.go): `.json`, of a layer or of all."""
    for path in sorted(directory.glob("*.sbom.*.json")):
        if path.name.partition(".")[0] not in {*layers, "launch", "build"}:
            continue
        media = _SBOM_FORMATS.get(path.name.partition(".sbom.")[2])
        if media is None:
            raise _refused(directory, f"{path.name}: unknown SBOM format")
        if media not in declared:
            raise _refused(directory, f"{path.name}: {media} is not in sbom-formats of buildpack.toml")


def _set_aside(
    directory: Path, layers: tuple[LayerOutput, ...], kept: tuple[LayerOutput, ...]
) -> tuple[str, ...]:
    for layer in layers:
        if layer not in kept and layer.has_contents:
            aside = layer.path.with_name(f"{layer.name}.ignore")
            if aside.exists():
                raise _refused(directory, f"{layer.name} has no type, and {aside.name} is there already")
            layer.path.rename(aside)
    names = {layer.name for layer in kept}
    return tuple(
        sorted(path.name for path in directory.iterdir() if path.is_dir() and path.name not in names)
    )


def _read_optional(path: Path, shape: Mapping[str, Any]) -> dict[str, Any]:
    read: dict[str, Any] = decoded(load(path) if path.exists() else {}, shape, path.name)
    return read


def _refused(directory: Path, reason: str) -> PhaseError:
    return PhaseError(
        LifecycleCode.BUILD_OUTPUT, f"{directory.name} left output that cannot be used", detail=reason
    )
