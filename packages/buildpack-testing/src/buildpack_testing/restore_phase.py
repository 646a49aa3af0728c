"""What a rebuild finds in the layers directory (lifecycle: metadata_restorer.go, phase/restorer.go).

By a layer's types in the build before:

| launch | build | cache | comes back                                        |
|--------|-------|-------|---------------------------------------------------|
| x      | x/-   | x     | metadata from the image, contents from the cache  |
| -      | x/-   | x     | metadata and contents from the cache              |
| x      | -     | -     | metadata only: the directory is not there         |
| x      | x     | -     | nothing                                           |
| -      | x/-   | -     | nothing                                           |

Metadata comes back without [types]. Contents of a launch layer only come back when cache and image hold the
same ones; without an image, all of the cache comes back (Platform API 0.14). SBOM files of all launch layers
come back from the image and of all cached ones from the cache, even of layers of which nothing else does; but
for a buildpack of which nothing else comes back, none do (internal/layer/sbom_restorer.go).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from buildpack_api import toml
from buildpack_common.files import remove

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from buildpack_release.model.repository import Buildpack
    from buildpack_testing.image_store import BuildpackRecord, ImageStore, LayerRecord
    from buildpack_testing.workspace import Workspace


def restore(
    workspace: Workspace, store: ImageStore, group: Sequence[Buildpack]
) -> frozenset[tuple[str, str]]:
    """Empty the layers directory and fill it for a build; return (buildpack id, layer) of restored contents.

    Matching is by buildpack id alone: a new version of a buildpack gets the layers of the old one.
    """
    remove(workspace.layers)
    image, cache = store.image(), store.cache()
    restored = set()
    for buildpack in group:
        directory = workspace.layers / buildpack.descriptor.escaped_id
        directory.mkdir(parents=True)
        in_image = _find(image.buildpacks if image else (), buildpack.id)
        if in_image and in_image.store is not None:
            toml.write(directory / "store.toml", {"metadata": in_image.store})
        in_cache = _find(cache, buildpack.id)
        for layer, contents in _choose(in_image, in_cache, has_image=image is not None):
            toml.write(directory / f"{layer.name}.toml", {"metadata": layer.metadata})
            if contents:
                store.extract(layer.diff_id, workspace.root, time=time.time())
                restored.add((buildpack.id, layer.name))
        if any(directory.iterdir()):
            _write_sboms(directory, [one for one in (in_cache, in_image) if one])
    return frozenset(restored)


def _find(buildpacks: Sequence[BuildpackRecord], buildpack_id: str) -> BuildpackRecord | None:
    return next((buildpack for buildpack in buildpacks if buildpack.id == buildpack_id), None)


def _choose(
    in_image: BuildpackRecord | None, in_cache: BuildpackRecord | None, *, has_image: bool
) -> Iterator[tuple[LayerRecord, bool]]:
    """Return the layers that come back, and whether their contents do."""
    for layer in in_image.layers if in_image else ():
        cached = in_cache.layer(layer.name) if in_cache else None
        if layer.types.cache and cached and cached.diff_id == layer.diff_id:
            yield layer, True
        elif not (layer.types.cache or layer.types.build):
            yield layer, False
    for layer in in_cache.layers if in_cache else ():
        if not (layer.types.launch and has_image):
            yield layer, True


def _write_sboms(directory: Path, sources: Sequence[BuildpackRecord]) -> None:
    """Write the SBOM files; what a later source has counts."""
    for layer in (layer for source in sources for layer in source.layers):
        for extension, text in layer.sboms.items():
            (directory / f"{layer.name}.sbom.{extension}").write_text(text, encoding="utf-8")
