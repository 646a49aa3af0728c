"""The export phase: layers and app into the image, layers into the cache (lifecycle: phase/exporter.go)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

from buildpack_testing.archive import TreeArchive, is_touched, write_tree
from buildpack_testing.failure import LifecycleCode, PhaseError
from buildpack_testing.image_store import (
    BuildpackRecord,
    ImageRecord,
    ImageStore,
    LayerRecord,
    ProcessRecord,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from buildpack_api.layers import LayerTypes
    from buildpack_testing.outputs import BuildpackOutput, LayerOutput
    from buildpack_testing.workspace import Workspace

_NOT_IN_TYPES = frozenset("/><:|&\\")
"""What no process type may hold (lifecycle: launch/process.go)."""

_CHARACTER = r"(?:[^\\\]\-]|\\.)"
_PATTERN = re.compile(rf"(?:[^\\\[]|\\.|\[\^?(?:{_CHARACTER}(?:-{_CHARACTER})?)+\])*", re.DOTALL)
"""A pattern of Go's path/filepath.Match."""

# Directories of a layer that are written anew in every build.
_ENVIRONMENT = frozenset({"env", "env.build", "env.launch"})


@dataclass(frozen=True)
class LayerResult:
    """A layer after a build: bytes in its files, number of files and links, diff ID of its tar (or "").

    restored: its contents came back from the cache. reused: and none of them was touched, but for env files.
    previous: the metadata that it had after the last build; None if there was no such layer then.
    """

    buildpack: str
    name: str
    types: LayerTypes
    size: int
    files: int
    diff_id: str
    metadata: Mapping[str, Any]
    restored: bool
    reused: bool
    previous: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Restored:
    """The layers whose contents were restored, and when that was over (ctime, ns).

    layers has the diff IDs by (buildpack id, name); empty for contents that are no more what was archived.
    """

    layers: Mapping[tuple[str, str], str]
    finished: int


class _NoFile:
    def write(self, data: bytes, /) -> int:
        return len(data)


@dataclass(frozen=True)
class Exporter:
    """Exports what one build has made."""

    workspace: Workspace
    store: ImageStore
    restored: Restored

    def export(self, outputs: Sequence[tuple[str, BuildpackOutput]]) -> tuple[ImageRecord, list[LayerResult]]:
        """Archive and record everything. outputs are (buildpack id, output) in group order.

        Raises PhaseError (62) for launch layers without contents, for what cannot be read, for numbers in the
        image's metadata that JSON does not have, for types of processes and patterns of slices that are none;
        image and cache then stay what they were.
        """
        try:
            return self._export(outputs)
        except OSError as error:
            where = f"{error.filename}: {error.strerror}"
            raise PhaseError(LifecycleCode.EXPORT, "a layer cannot be archived", detail=where) from error

    def _export(
        self, outputs: Sequence[tuple[str, BuildpackOutput]]
    ) -> tuple[ImageRecord, list[LayerResult]]:
        for buildpack_id, output in outputs:
            _refuse_names(buildpack_id, output)
            in_json = [output.store, *(layer.metadata for layer in output.layers if layer.types.launch)]
            if not all(map(_fits_json, in_json)):
                raise PhaseError(LifecycleCode.EXPORT, f"{buildpack_id} has infinite numbers in its metadata")
        previous, cached = self.store.image(), self.store.cache()
        in_image, in_cache, results = [], [], []
        for buildpack_id, output in outputs:
            stored = [(layer, self._store(buildpack_id, layer, previous)) for layer in output.layers]
            in_image.append(
                BuildpackRecord(
                    buildpack_id, tuple(one for layer, one in stored if layer.types.launch), output.store
                )
            )
            in_cache.append(
                BuildpackRecord(
                    buildpack_id,
                    tuple(one for layer, one in stored if layer.types.cache and layer.has_contents),
                )
            )
            known = [*(previous.buildpacks if previous else ()), *cached]
            results += [
                self._result(buildpack_id, layer, one, _in(known, buildpack_id, layer.name))
                for layer, one in stored
            ]
        processes, default = merge_processes([output.processes for _, output in outputs])
        app = self.store.add(self.workspace.app, self.workspace.app.name)
        labels = {key: value for _, output in outputs for key, value in output.labels.items()}
        image = ImageRecord(tuple(in_image), app.diff_id, processes, default, labels)
        # As the lifecycle does, which only warns: then nothing at all is cached.
        is_cached = all(_fits_json(layer.metadata) for one in in_cache for layer in one.layers)
        self.store.commit(image, tuple(in_cache) if is_cached else ())
        return image, results

    def _store(self, buildpack_id: str, layer: LayerOutput, previous: ImageRecord | None) -> LayerRecord:
        if layer.has_contents:
            archive = self._unchanged(buildpack_id, layer) or self._archive(layer)
            numbers = (archive.diff_id, archive.size, archive.files)
        elif layer.types.launch:
            known = self._in_last_image(buildpack_id, layer, previous)
            numbers = (known.diff_id, known.size, known.files)
        else:  # neither in the image nor, without contents, in the cache: the lifecycle only warns
            numbers = ("", 0, 0)
        return LayerRecord(layer.name, *numbers, layer.types, layer.metadata, layer.sboms)

    def _in_last_image(
        self, buildpack_id: str, layer: LayerOutput, previous: ImageRecord | None
    ) -> LayerRecord:
        known = _in(previous.buildpacks if previous else (), buildpack_id, layer.name)
        if layer.types.cache or known is None:
            reason = "no contents to cache" if layer.types.cache else "no contents, here or in the last image"
            raise PhaseError(LifecycleCode.EXPORT, f"layer {layer.name} of {buildpack_id} has {reason}")
        return known

    def _unchanged(self, buildpack_id: str, layer: LayerOutput) -> LayerRecord | None:
        """Return the layer whose archive is in the store if nothing was touched since it came from there."""
        if not self.restored.layers.get((buildpack_id, layer.name)):
            return None
        if is_touched(layer.path, self.restored.finished):
            return None
        return _in(self.store.cache(), buildpack_id, layer.name)

    def _archive(self, layer: LayerOutput) -> TreeArchive:
        name = str(layer.path.relative_to(self.workspace.root))
        if layer.types.launch or layer.types.cache:
            return self.store.add(layer.path, name)
        return write_tree(layer.path, _NoFile(), prefix=name)

    def _result(
        self, buildpack_id: str, layer: LayerOutput, stored: LayerRecord, previous: LayerRecord | None
    ) -> LayerResult:
        restored = (buildpack_id, layer.name) in self.restored.layers
        return LayerResult(
            buildpack_id,
            layer.name,
            layer.types,
            stored.size,
            stored.files,
            stored.diff_id,
            layer.metadata or {},
            restored=restored,
            reused=not layer.has_contents
            or (restored and not is_touched(layer.path, self.restored.finished, but_for=_ENVIRONMENT)),
            previous=previous.metadata if previous else None,
        )


def _refuse_names(buildpack_id: str, output: BuildpackOutput) -> None:
    for process in output.processes:
        if not process.type or _NOT_IN_TYPES & set(process.type):
            raise PhaseError(
                LifecycleCode.EXPORT, f'{buildpack_id} has a process of the type "{process.type}"'
            )
    for pattern in output.slices:
        if not _PATTERN.fullmatch(pattern):
            raise PhaseError(LifecycleCode.EXPORT, f'{buildpack_id} has a slice of "{pattern}", no pattern')


def _fits_json(value: object) -> bool:
    """Whether all numbers in a value are finite: JSON has no other ones."""
    if isinstance(value, Mapping):
        return all(map(_fits_json, value.values()))
    if isinstance(value, list):
        return all(map(_fits_json, value))
    return not isinstance(value, float) or isfinite(value)


def merge_processes(defined: Sequence[tuple[ProcessRecord, ...]]) -> tuple[tuple[ProcessRecord, ...], str]:
    """Merge the processes of all buildpacks: (processes sorted by type, type of the default or "").

    A later definition replaces an earlier one of its type; the last default wins, but redefining that type
    without default takes the default away (lifecycle: phase/builder.go).
    """
    merged: dict[str, ProcessRecord] = {}
    default = ""
    for process in (process for processes in defined for process in processes):
        if process.default:
            default = process.type
        elif process.type == default:
            default = ""
        merged[process.type] = process
    return tuple(merged[name] for name in sorted(merged)), default


def _in(buildpacks: Sequence[BuildpackRecord], buildpack_id: str, name: str) -> LayerRecord | None:
    found = (one.layer(name) for one in buildpacks if one.id == buildpack_id)
    return next(filter(None, found), None)
