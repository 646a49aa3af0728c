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

import json
import os
import stat
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_api import toml
from buildpack_common.files import remove, write_atomically
from buildpack_testing.archive import is_touched, set_times
from buildpack_testing.failure import LifecycleCode, PhaseError
from buildpack_testing.outputs import RESERVED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from buildpack_release.model.repository import Buildpack
    from buildpack_testing.image_store import BuildpackRecord, ImageStore, LayerRecord
    from buildpack_testing.workspace import Workspace


_LEFT = "left-layers.json"
_ASIDE = ".left"


@dataclass(frozen=True)
class LeftLayers:
    """What a build or container has left in the layers directory: diff IDs by (buildpack id, layer).

    ``since`` is when they were equal (ctime, ns). What nothing has touched since then is what unpacking
    the archive would give, and stays where it is: unpacking takes as long as a build.
    """

    diff_ids: Mapping[tuple[str, str], str] = field(default_factory=dict)
    since: int = 0

    @classmethod
    def read(cls, workspace: Workspace) -> LeftLayers:
        """Read what was written last; nothing if there is none. What it says is checked by `has`."""
        try:
            document = json.loads((workspace.store / _LEFT).read_bytes())
            rows = {(str(one[0]), str(one[1])): str(one[2]) for one in document["layers"]}
            return cls(rows, int(document["since"]))
        except (OSError, ValueError, KeyError, TypeError, IndexError):
            return cls()

    def write(self, workspace: Workspace) -> None:
        """Write it down for the next build, by whatever process. Raises OSError."""
        rows = [[*key, diff_id] for key, diff_id in sorted(self.diff_ids.items())]
        content = json.dumps({"since": self.since, "layers": rows})
        workspace.store.mkdir(parents=True, exist_ok=True)
        write_atomically(workspace.store / _LEFT, content.encode())

    def has(self, buildpack_id: str, layer: LayerRecord, path: Path) -> bool:
        """Return whether a layer is in place, and nothing in it would come back as another file."""
        known = self.diff_ids.get((buildpack_id, layer.name))
        return known == layer.diff_id and path.is_dir() and not is_touched(path, self.since, restored=True)

    @classmethod
    def set_aside(cls, workspace: Workspace) -> LeftLayers:
        """Move them out of the layers directory, which then is not there. Raises OSError."""
        left = cls.read(workspace)
        remove(workspace.store / _LEFT)
        remove(workspace.root / _ASIDE)
        if workspace.layers.exists():
            workspace.layers.rename(workspace.root / _ASIDE)
        return left

    def bring(
        self,
        workspace: Workspace,
        store: ImageStore,
        buildpack_id: str,
        layer: LayerRecord,
        *,
        time: float,
        restored: bool = False,
    ) -> bool:
        """Put a layer's contents in place, with this time: what was set aside, else what is in the archive.

        Return whether all of it is as it was; `restored` as in `ImageStore.extract`. The buildpack's
        directory must be there. Raises OSError.
        """
        place = Path(buildpack_id.replace("/", "_"), layer.name)
        if self.has(buildpack_id, layer, workspace.root / _ASIDE / place):
            (workspace.root / _ASIDE / place).rename(workspace.layers / place)
            set_times(workspace.layers / place, time)
            return True
        return store.extract(layer.diff_id, workspace.root, time=time, restored=restored)

    @staticmethod
    def remove_rest(workspace: Workspace) -> None:
        """Remove what was set aside and not brought back. Raises OSError."""
        remove(workspace.root / _ASIDE)


def restore(
    workspace: Workspace, store: ImageStore, group: Sequence[Buildpack]
) -> dict[tuple[str, str], str]:
    """Empty the layers directory and fill it for a build; return the diff IDs of restored contents.

    They are by (buildpack id, layer), and empty for contents that lost something on the way. Matching is by
    buildpack id alone: a new version of a buildpack gets the layers of the old one.
    Raises PhaseError (42) for contents that cannot be restored.
    """
    left = LeftLayers.set_aside(workspace)
    now = time.time()
    image, cache = store.image(), store.cache()
    restored = {}
    for buildpack in group:
        directory = workspace.layers / buildpack.descriptor.escaped_id
        directory.mkdir(parents=True)
        in_image = _find(image.buildpacks if image else (), buildpack.id)
        if in_image and in_image.store is not None:
            toml.write(directory / "store.toml", {"metadata": in_image.store})
        in_cache = _find(cache, buildpack.id)
        for layer, contents in _choose(in_image, in_cache, has_image=image is not None):
            metadata = {} if layer.metadata is None else {"metadata": layer.metadata}
            toml.write(directory / f"{layer.name}.toml", metadata)
            if contents and layer.name not in RESERVED:  # of those only the metadata come back
                is_equal = left.bring(workspace, store, buildpack.id, layer, time=now, restored=True)
                _refuse_pipes(directory / layer.name)
                restored[buildpack.id, layer.name] = layer.diff_id if is_equal else ""
        if any(directory.iterdir()):
            _write_sboms(directory, [one for one in (in_cache, in_image) if one])
    left.remove_rest(workspace)
    return restored


def _refuse_pipes(tree: Path) -> None:
    """Raise PhaseError for a named pipe: the lifecycle archives it, and can never unpack it again."""
    for folder, _, names in (("", [], [os.fspath(tree)]), *os.walk(tree)):
        for name in names:
            path = os.path.join(folder, name)  # noqa: PTH118  (one for each file of a layer)
            if stat.S_ISFIFO(os.lstat(path).st_mode):
                raise PhaseError(LifecycleCode.RESTORE, f"{path} is a named pipe, which cannot be restored")


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
