"""Layers: opened with a key, reused if the restored one has the same key, otherwise made anew.

Nothing is ever updated in place (Buildpack API 0.10, 'Layer types' and 'Layer Content Metadata (TOML)').
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_api import sbom, toml
from buildpack_api.layer_env import EnvChange, write_changes
from buildpack_api.layer_key import LayerKey, outcome
from buildpack_api.names import check_layer_name
from buildpack_api.sbom import SbomFormat
from buildpack_common.files import remove

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

__all__ = ["Layer", "LayerKey", "LayerTypes", "Layers", "SbomFormat", "outcome"]


@dataclass(frozen=True, kw_only=True)
class LayerTypes:
    """Where the layer goes: to later buildpacks (build), the app image (launch), the next build (cache)."""

    build: bool = False
    launch: bool = False
    cache: bool = False


@dataclass(frozen=True)
class Layer:
    """A layer as it was found by `Layers.open`.

    ``restored``: the lifecycle brought back its metadata, its contents or both. ``reasons``: why these cannot
    be reused, one for each difference; empty if they can, or if nothing was restored.
    """

    name: str
    path: Path
    key: LayerKey
    restored: bool
    reasons: tuple[str, ...]
    sbom_formats: Collection[str] | None = None

    @property
    def reusable(self) -> bool:
        """Whether the contents are there and were made from an equal key."""
        return self.restored and not self.reasons

    @property
    def metadata_file(self) -> Path:
        """The ``<layer>.toml``."""
        return _metadata_file(self.path)

    def clear(self) -> Path:
        """Forget what was restored and return the layer's directory, empty.

        The metadata goes first: an interrupted build then leaves contents that nobody takes for valid.
        """
        remove(self.metadata_file)
        for path in sbom.sbom_paths(self.path.parent, self.name):
            remove(path)
        remove(self.path)
        self.path.mkdir(parents=True)
        return self.path

    def write_env(self, *changes: EnvChange) -> None:
        """Replace all environment files by these changes; call it on every build, also for a reused layer."""
        write_changes(self.path, changes)

    def write_sbom(self, media: SbomFormat, document: Mapping[str, object] | str) -> None:
        """Write the SBOM of this layer. Raises ValueError if buildpack.toml does not declare the format."""
        sbom.write_sbom(self.path.parent, self.name, media, document, self.sbom_formats)

    def has_sbom(self, media: SbomFormat) -> bool:
        """Whether an SBOM in this format is there: written, or restored with a launch or cached layer."""
        return sbom.sbom_path(self.path.parent, self.name, media).is_file()

    def save(self, types: LayerTypes) -> None:
        """Write ``<layer>.toml``, in one step and as the last step: only then the layer counts.

        Needed on every build, since restored metadata comes back without ``[types]``. Raises ValueError if
        the directory is missing though build or cache need it: the lifecycle would fail later and say less.
        """
        if (types.build or types.cache) and not self.path.is_dir():
            raise ValueError(f"layer {self.name!r} is saved for build or cache without a directory")
        flags = {"launch": types.launch, "build": types.build, "cache": types.cache}
        toml.write(self.metadata_file, {"types": flags, "metadata": self.key.to_metadata()})


class Layers:
    """The layers directory of one buildpack."""

    def __init__(self, root: Path, *, sbom_formats: Collection[str] | None = None) -> None:
        self.root = root
        self._sbom_formats = sbom_formats
        self._opened: list[str] = []
        self._restored: dict[str, Mapping[str, object] | str] = {}

    def restored_metadata(self, name: str) -> Mapping[str, object]:
        """Return the metadata that was restored for ``name``; nothing if there is none that can be read."""
        found = self._read(name)
        return {} if isinstance(found, str) else found

    def open(self, name: str, key: LayerKey) -> Layer:
        """Find what was restored for ``name`` and hold it against ``key``.

        Raises ValueError for a name that is not allowed, or that one opened before rules out.
        """
        if check_layer_name(name, self._opened) in self._opened:
            raise ValueError(f"layer {name!r} is opened twice")
        self._opened.append(name)
        path = self.root / name
        restored = os.path.lexists(path) or os.path.lexists(_metadata_file(path))
        reasons = _reasons(path, self._read(name), key) if restored else ()
        return Layer(name, path, key, restored, reasons, self._sbom_formats)

    def _read(self, name: str) -> Mapping[str, object] | str:
        """Return the restored metadata, or why there is none; the file is read once."""
        if name not in self._restored:
            self._restored[name] = _read_metadata(_metadata_file(self.root / name))
        return self._restored[name]


def _metadata_file(path: Path) -> Path:
    return path.with_name(f"{path.name}.toml")


def _read_metadata(file: Path) -> Mapping[str, object] | str:
    if not os.path.lexists(file):
        return "its metadata was not restored"
    try:
        metadata = toml.load(file).get("metadata")
    except toml.TomlError:
        return "its metadata cannot be read"
    return metadata if isinstance(metadata, dict) else "its metadata was not restored"


def _reasons(path: Path, metadata: Mapping[str, object] | str, key: LayerKey) -> tuple[str, ...]:
    if isinstance(metadata, str):
        return (metadata,)
    reasons = key.reasons_against(metadata)
    if not reasons and (path.is_symlink() or not path.is_dir()):
        return ("its contents were not restored",)
    return reasons
