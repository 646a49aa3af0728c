"""What outlives a build: the app image and the cache, as records and tar archives named by diff ID."""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from buildpack_api.layers import LayerTypes
from buildpack_common.files import remove, write_atomically
from buildpack_testing.archive import TreeArchive, read_tree, write_tree

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class LayerRecord:
    """A layer of the image or the cache. size is in bytes, files counts files and links."""

    name: str
    diff_id: str
    size: int
    files: int
    types: LayerTypes
    metadata: Mapping[str, Any] | None
    sboms: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class BuildpackRecord:
    """The layers one buildpack has in the image or in the cache, and its store.toml (image only)."""

    id: str
    layers: tuple[LayerRecord, ...]
    store: Mapping[str, Any] | None = None

    def layer(self, name: str) -> LayerRecord | None:
        """Return the layer with this name, if there is one."""
        return next((layer for layer in self.layers if layer.name == name), None)


@dataclass(frozen=True)
class ProcessRecord:
    """A process of an image, as launch.toml has it: one without a command fails only when it is started."""

    type: str
    command: tuple[str, ...]
    args: tuple[str, ...] = ()
    default: bool = False
    working_dir: str = ""


@dataclass(frozen=True)
class ImageRecord:
    """An app image: launch layers by buildpack in group order, the app, processes sorted by type, labels."""

    buildpacks: tuple[BuildpackRecord, ...]
    app: str
    processes: tuple[ProcessRecord, ...] = ()
    default_process: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    def process(self, process_type: str) -> ProcessRecord | None:
        """Return the process of this type, if there is one."""
        return next((process for process in self.processes if process.type == process_type), None)


class ImageStore:
    """The image and the cache of one workspace, in a directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def image(self) -> ImageRecord | None:
        """Return the image of the last successful build."""
        record = self._read("image")
        return _image(record) if record else None

    def cache(self) -> tuple[BuildpackRecord, ...]:
        """Return what the last successful build has put into the cache."""
        record = self._read("cache")
        return tuple(_buildpack(one) for one in record["buildpacks"]) if record else ()

    def add(self, tree: Path, name: str) -> TreeArchive:
        """Archive a tree under its diff ID, its root named name. Raises OSError."""
        folder = self._directory / "archives"
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, suffix=".part", delete=False) as file:
            try:
                archive = write_tree(tree, file, prefix=name)
            except BaseException:
                Path(file.name).unlink()
                raise
        Path(file.name).replace(self._archive(archive.diff_id))
        return archive

    def extract(self, diff_id: str, destination: Path, *, time: float, restored: bool = False) -> bool:
        """Unpack an archive below destination, as `read_tree` does. Raises OSError."""
        destination.mkdir(parents=True, exist_ok=True)
        return read_tree(self._archive(diff_id), destination, time=time, restored=restored)

    def commit(self, image: ImageRecord, cache: tuple[BuildpackRecord, ...]) -> None:
        """Make these the image and the cache, and drop archives that neither names. Raises OSError."""
        self._write("image", asdict(image))
        self._write("cache", {"buildpacks": [asdict(buildpack) for buildpack in cache]})
        used = {layer.diff_id for one in (*image.buildpacks, *cache) for layer in one.layers} | {image.app}
        for path in (self._directory / "archives").iterdir():
            if f"sha256:{path.stem}" not in used:
                path.unlink()

    def forget(self, *, image: bool, cache: bool) -> None:
        """Delete the image, the cache or both, as when a registry or a cache volume is emptied."""
        for kind in [*(["image"] if image else []), *(["cache"] if cache else [])]:
            remove(self._directory / f"{kind}.json")

    def _archive(self, diff_id: str) -> Path:
        return self._directory / "archives" / f"{diff_id.partition(':')[2]}.tar"

    def _read(self, kind: str) -> dict[str, Any] | None:
        path = self._directory / f"{kind}.json"
        if not path.exists():
            return None
        record: dict[str, Any] = json.loads(path.read_bytes())
        return record

    def _write(self, kind: str, record: Mapping[str, Any]) -> None:
        data = json.dumps(record, indent=1, sort_keys=True, default=as_json)
        write_atomically(self._directory / f"{kind}.json", data.encode())


def _image(record: Mapping[str, Any]) -> ImageRecord:
    return ImageRecord(
        buildpacks=tuple(_buildpack(one) for one in record["buildpacks"]),
        app=record["app"],
        processes=tuple(_process(one) for one in record["processes"]),
        default_process=record["default_process"],
        labels=record["labels"],
    )


def _process(record: Mapping[str, Any]) -> ProcessRecord:
    return ProcessRecord(**{**record, "command": tuple(record["command"]), "args": tuple(record["args"])})


def _buildpack(record: Mapping[str, Any]) -> BuildpackRecord:
    store = record["store"]
    return BuildpackRecord(
        record["id"],
        tuple(_layer(one) for one in record["layers"]),
        None if store is None else _through_json(store),
    )


def _layer(record: Mapping[str, Any]) -> LayerRecord:
    changed = {"types": LayerTypes(**record["types"]), "metadata": _through_json(record["metadata"])}
    return LayerRecord(**{**record, **changed})


def as_json(value: object) -> str:
    """Return a date or time of TOML as it is in the labels of an image: Go knows one kind (RFC 3339)."""
    if isinstance(value, time):
        value = datetime.combine(date(1, 1, 1), value)
        return "0000" + as_json(value)[4:]
    if isinstance(value, datetime):
        text = value.replace(tzinfo=None).isoformat()
        offset = value.strftime("%z") if value.utcoffset() else ""
        return (text.rstrip("0") if value.microsecond else text) + (
            f"{offset[:3]}:{offset[3:5]}" if offset else "Z"
        )
    return f"{value}T00:00:00Z" if isinstance(value, date) else str(value)


def _through_json(value: Any) -> Any:  # noqa: ANN401 (any JSON value)
    """Return metadata as it comes back from a label: the lifecycle reads every JSON number as a float."""
    if isinstance(value, dict):
        return {name: _through_json(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_through_json(one) for one in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
