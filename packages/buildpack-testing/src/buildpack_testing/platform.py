"""A platform without containers: builds an app as the lifecycle does and starts its processes right here.

It is a test double. It runs the real bin/detect and bin/build with the environment, plan and layers that the
lifecycle would give them, keeps an image and a cache between builds and starts processes with nothing but the
image's layers present. It does not isolate: buildpacks run as the current user on the current file system;
there is no base image, no network separation, no user switch, no image extensions, no execution environments.
What it says about the lifecycle comes from the lifecycle's source; tests with the real one check it.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_common.files import remove
from buildpack_release.model.buildpack_descriptor import BuildpackDescriptor, OrderEntry
from buildpack_release.model.repository import Buildpack
from buildpack_testing.build_phase import Builder, BuildpackRun
from buildpack_testing.detect_phase import Detection, Detector
from buildpack_testing.export_phase import Exporter, LayerResult, Restored
from buildpack_testing.file_locks import exclusive
from buildpack_testing.image_store import ImageRecord, ImageStore
from buildpack_testing.launched_process import ImageFileSystem, open_container
from buildpack_testing.restore_phase import LeftLayers, restore
from buildpack_testing.workspace import ImageEnvironment, Workspace, local_image

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True)
class BuildResult:
    """A successful build.

    layers are all layers with types, in group order; next_environment is what one more buildpack would see;
    seconds has the wall time of each phase (detect, restore, build, export).
    """

    detection: Detection
    runs: tuple[BuildpackRun, ...]
    layers: tuple[LayerResult, ...]
    image: ImageRecord
    next_environment: Mapping[str, str]
    seconds: Mapping[str, float]

    def layer(self, buildpack_id: str, name: str) -> LayerResult:
        """Return a layer. Raises KeyError when the build has made no such layer."""
        for layer in self.layers:
            if (layer.buildpack, layer.name) == (buildpack_id, name):
                return layer
        raise KeyError((buildpack_id, name))

    def run(self, buildpack_id: str) -> BuildpackRun:
        """Return a buildpack's part. Raises KeyError when it took no part."""
        for run in self.runs:
            if run.id == buildpack_id:
                return run
        raise KeyError(buildpack_id)

    @property
    def image_size(self) -> int:
        """Bytes in all layers of the buildpacks that are in the image (before compression)."""
        return sum(layer.size for layer in self.layers if layer.types.launch)


class LocalPlatform:
    """Builds and launches one app after the other in a workspace, with assembled buildpacks."""

    def __init__(
        self,
        root: Path,
        buildpacks: Iterable[Path],
        order: Sequence[Sequence[str | OrderEntry]],
        *,
        image: ImageEnvironment | None = None,
    ) -> None:
        """Take the directories of assembled buildpacks and an order of their ids.

        Raises ReleaseError when a buildpack.toml cannot be read.
        """
        self.workspace = Workspace(root.absolute())
        self.buildpacks = {one.id: one for one in map(read_buildpack, buildpacks)}
        self.order = [
            [OrderEntry(one, "0.0.0") if isinstance(one, str) else one for one in group] for group in order
        ]
        self.base = image or local_image(self.workspace.root / "python")
        self.store = ImageStore(self.workspace.store)

    def build(
        self,
        app: Path,
        *,
        variables: Mapping[str, str] | None = None,
        clear: bool = False,
        sink: Callable[[str], object] = lambda _line: None,
    ) -> BuildResult:
        """Build app with the user's variables; clear forgets image and cache first.

        Raises PhaseError with the lifecycle's exit code; image and cache then stay what they were. Raises
        ConflictError while another build or container uses the workspace.
        """
        with exclusive(self.workspace.root / ".lock", wait=False):
            if clear:
                self.store.forget(image=True, cache=True)
            self.workspace.lay_out(app, variables or {})
            return self._build(sink)

    @contextmanager
    def container(self, variables: Mapping[str, str] | None = None) -> Iterator[ImageFileSystem]:
        """Start a container of the last image: what the build has left in the workspace is replaced by it.

        Raises PhaseError (82) when nothing was built yet.
        """
        with exclusive(self.workspace.root / ".lock", wait=False):
            container = open_container(self.workspace, self.store, self.base, variables or {})
            buildpacks = container.image.buildpacks
            unpacked = {(one.id, layer.name): layer.diff_id for one in buildpacks for layer in one.layers}
            LeftLayers(unpacked, self._now()).write(self.workspace)
            yield container

    def _build(self, sink: Callable[[str], object]) -> BuildResult:
        clock = _Clock()
        detection = Detector(self.workspace, self.base, self.buildpacks).detect(self.order)
        clock.end("detect")
        diff_ids = restore(self.workspace, self.store, detection.group)
        restored = Restored(diff_ids, self._now())
        LeftLayers(diff_ids, restored.finished).write(self.workspace)
        clock.end("restore")
        runs, env = Builder(self.workspace, self.base, sink).build(detection.group, detection.plan)
        clock.end("build")
        exporter = Exporter(self.workspace, self.store, restored)
        image, layers = exporter.export([(run.id, run.output) for run in runs])
        archived = {(one.buildpack, one.name): one.diff_id for one in layers if one.diff_id}
        LeftLayers(archived, self._now()).write(self.workspace)
        clock.end("export")
        return BuildResult(detection, tuple(runs), tuple(layers), image, env, clock.seconds)

    def _now(self) -> int:
        """Return the file system's time, as a ctime in nanoseconds; later changes have later ones.

        Its clock moves in steps of some milliseconds: the next one is waited for.
        """
        marker = self.workspace.root / ".restored"
        remove(marker)
        marker.touch()
        now = marker.stat().st_ctime_ns
        while marker.stat().st_ctime_ns == now:
            time.sleep(0.001)
            marker.touch()
        return now


def read_buildpack(directory: Path) -> Buildpack:
    """Read an assembled buildpack. Raises ReleaseError when its buildpack.toml cannot be read."""
    directory = directory.absolute()
    return Buildpack(directory, BuildpackDescriptor.read(directory / "buildpack.toml"))


class _Clock:
    """Wall time of consecutive phases, in seconds."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def end(self, phase: str) -> None:
        now = time.perf_counter()
        self.seconds[phase] = now - self._last
        self._last = now
