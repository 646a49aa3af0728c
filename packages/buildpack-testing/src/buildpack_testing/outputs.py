"""What bin/build left in its layers directory, read and checked as in the lifecycle (buildpack/build.go)."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from buildpack_api import toml
from buildpack_api.launch import Process
from buildpack_api.layers import LayerTypes
from buildpack_testing.failure import LifecycleCode, PhaseError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

_NOT_LAYERS = frozenset({"launch", "build", "store"})
_TYPES = ("launch", "build", "cache")
_PROCESS_TYPES: Mapping[str, type] = {"type": str, "args": list, "default": bool, "working-dir": str}
_SBOM_FORMATS = {
    "cdx.json": "application/vnd.cyclonedx+json",
    "spdx.json": "application/spdx+json",
    "syft.json": "application/vnd.syft+json",
}


@dataclass(frozen=True)
class LayerOutput:
    """A layer with a <layer>.toml. sboms holds its SBOM files' texts by extension, such as "cdx.json"."""

    name: str
    path: Path
    types: LayerTypes
    metadata: Mapping[str, Any]
    sboms: Mapping[str, str] = field(default_factory=dict)

    @property
    def has_contents(self) -> bool:
        """Whether there is a directory."""
        return self.path.is_dir()


@dataclass(frozen=True)
class BuildpackOutput:
    """Everything a buildpack has exported; ignored names directories that go nowhere."""

    layers: tuple[LayerOutput, ...]
    ignored: tuple[str, ...]
    processes: tuple[Process, ...]
    labels: Mapping[str, str]
    unmet: frozenset[str]
    store: Mapping[str, Any] | None


def read_outputs(
    directory: Path, *, plan_names: Collection[str], sbom_formats: Collection[str]
) -> BuildpackOutput:
    """Read the layers directory of one buildpack; layers without any type are renamed to <layer>.ignore.

    Raises PhaseError (52) for what the lifecycle refuses.
    """
    try:
        layers = tuple(_read_layer(file) for file in _layer_files(directory))
        launch = _read_optional(directory / "launch.toml")
        build = _read_optional(directory / "build.toml")
        store = _read_optional(directory / "store.toml")
        processes = tuple(_read_process(table) for table in launch.get("processes", []))
        labels = dict(_read_label(table) for table in launch.get("labels", []))
        unmet = _read_unmet(build)
    except (toml.TomlError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise _refused(directory, str(error)) from error
    _check_processes(directory, processes)
    if unmet - set(plan_names):
        raise _refused(
            directory, f"build.toml: {', '.join(sorted(unmet - set(plan_names)))} is not in its plan"
        )
    _check_sboms(directory, {layer.name for layer in layers}, sbom_formats)
    kept = tuple(layer for layer in layers if layer.types != LayerTypes())
    ignored = _set_aside(directory, layers, kept)
    return BuildpackOutput(kept, ignored, processes, labels, unmet, store.get("metadata"))


def _layer_files(directory: Path) -> list[Path]:
    files = [path for path in directory.glob("*.toml") if path.is_file() and path.stem not in _NOT_LAYERS]
    return sorted(files, key=lambda path: os.fsencode(path.name))


def _read_layer(file: Path) -> LayerOutput:
    document = toml.load(file)
    if any(name in document for name in _TYPES):
        raise ValueError(f"{file.name}: launch, build and cache belong into [types]")
    types = document.get("types", {})
    for name in _TYPES:
        if not isinstance(types.get(name, False), bool):
            raise TypeError(f"{file.name}: types.{name} is not true or false")
    # The layer of an SBOM is what precedes the first dot of its name: one with a dot in its name has none.
    sboms = {
        path.name.partition(".sbom.")[2]: path.read_text("utf-8")
        for path in sorted(file.parent.glob(f"{file.stem}.sbom.*.json"))
        if "." not in file.stem
    }
    flags = LayerTypes(**{name: types.get(name, False) for name in _TYPES})
    return LayerOutput(file.stem, file.with_suffix(""), flags, document.get("metadata", {}), sboms)


def _read_process(table: Mapping[str, Any]) -> Process:
    if "direct" in table:
        raise ValueError("launch.toml: there is no direct since Buildpack API 0.9")
    if not isinstance(table["command"], list):
        raise TypeError("launch.toml: command is not a list")
    for key, kind in _PROCESS_TYPES.items():
        value = table.get(key, kind())
        inner = value if isinstance(value, list) else []
        if not isinstance(value, kind) or not all(isinstance(one, str) for one in inner):
            raise TypeError(f"launch.toml: {key} of a process has the wrong type")
    return Process(
        table["type"],
        tuple(table["command"]),
        tuple(table.get("args", ())),
        default=table.get("default", False),
        working_dir=table.get("working-dir"),
    )


def _read_label(table: Mapping[str, Any]) -> tuple[str, str]:
    key, value = table.get("key", ""), table.get("value", "")
    if not (isinstance(key, str) and isinstance(value, str)):
        raise TypeError("launch.toml: key and value of a label are strings")
    return key, value


def _read_unmet(document: Mapping[str, Any]) -> frozenset[str]:
    names = [entry.get("name", "") for entry in document.get("unmet", [])]
    if not all(isinstance(name, str) for name in names):
        raise TypeError("build.toml: the name of what is unmet is a string")
    return frozenset(names)


def _check_processes(directory: Path, processes: tuple[Process, ...]) -> None:
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


def _read_optional(path: Path) -> dict[str, Any]:
    return toml.load(path) if path.exists() else {}


def _refused(directory: Path, reason: str) -> PhaseError:
    return PhaseError(
        LifecycleCode.BUILD_OUTPUT, f"{directory.name} left output that cannot be used", detail=reason
    )
