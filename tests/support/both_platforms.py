"""The same buildpacks on the local platform and on the real one."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from buildpack_release.model.buildpack_descriptor import OrderEntry
from buildpack_release.model.targets import own_arch
from buildpack_testing.cnb import app_container, image_layout
from buildpack_testing.cnb.creator import Creator, CreatorError, Group
from buildpack_testing.cnb.podman import ContainerSettings
from buildpack_testing.failure import LifecycleCode, PhaseError
from buildpack_testing.platform import LocalPlatform
from buildpack_testing.workspace import ImageEnvironment
from support import snapshot
from support.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping

    from buildpack_testing.cnb import base_images
    from buildpack_testing.cnb.built_image import BuiltImage

# Labels of the lifecycle itself.
_OWN_LABELS = ("io.buildpacks.", "org.opencontainers.")


@dataclass(frozen=True)
class LocalBuilds:
    """The local platform, told that it is on the real one's base images."""

    platform: LocalPlatform

    @classmethod
    def of(cls, root: Path, group: Group) -> LocalBuilds:
        """Make a platform in root."""
        base = ImageEnvironment(arch=own_arch(), distro_name="debian", distro_version="12")
        order = [
            [OrderEntry(one, "0.0.0", optional=one in group.optional) for one in members]
            for members in group.order
        ]
        return cls(LocalPlatform(root, group.buildpacks, order, image=base))

    def build(self, app: Path, variables: Mapping[str, str] | None = None) -> Snapshot:
        """Build and look. Raises PhaseError."""
        result = self.platform.build(app, variables=variables)
        workspace, image, cache = self.platform.workspace, result.image, self.platform.store.cache()
        root, ids = str(workspace.root), [run.id for run in result.runs]
        kept = {
            f"{one.id}:{layer.name}": layer.diff_id
            for one in (*cache, *image.buildpacks)
            for layer in one.layers
        }
        return Snapshot(
            group=tuple(ids),
            records=_records(workspace.layers, ids, root),
            left=snapshot.names_left(workspace.layers, ids),
            image=snapshot.stored(image.buildpacks, root),
            cache=snapshot.stored(cache, root),
            store={
                one.id: snapshot.plain_numbers(one.store) for one in image.buildpacks if one.store is not None
            },
            processes={
                one.type: snapshot.process(
                    one.command, one.args, one.working_dir, root, is_default=one.type == image.default_process
                )
                for one in image.processes
            },
            labels=image.labels,
            contents={
                name: snapshot.archived(self._archive(sha).open("rb"), root) for name, sha in kept.items()
            },
            diff_ids=kept,
        )

    def code(self, app: Path) -> int:
        """Build and return 0 or the code of the phase that failed."""
        try:
            self.platform.build(app)
        except PhaseError as error:
            return int(error.code)
        return 0

    def start(self, process: str) -> tuple[int, str]:
        """Start a process in a container of the last image; return its exit code and what is on stdout."""
        with self.platform.container() as container:
            try:
                done = container.run(container.command(process), process_type=process, check=False)
            except PhaseError as error:
                return int(error.code), ""
            return done.returncode, done.stdout

    def launch_environment(self, process: str | None = None) -> dict[str, str]:
        """Return the environment of a process in a container of the last image."""
        with self.platform.container() as container:
            return snapshot.comparable(container.environment(process), str(self.platform.workspace.root))

    def forget(self, *, image: bool = False, cache: bool = False) -> None:
        """Delete the image or the cache."""
        self.platform.store.forget(image=image, cache=cache)

    def _archive(self, diff_id: str) -> Path:
        return self.platform.workspace.store / "archives" / f"{diff_id.partition(':')[2]}.tar"


@dataclass
class RealBuilds:
    """The lifecycle's creator in layout mode, so that no registry is needed."""

    creator: Creator
    group: Group
    run_image: base_images.BaseImage
    last: BuiltImage | None = None

    def build(self, app: Path, variables: Mapping[str, str] | None = None) -> Snapshot:
        """Build and look. Raises CreatorError."""
        built = self._build(app, variables)
        label, cached = built.lifecycle_metadata["buildpacks"], self._cached()
        ids = [one["id"] for one in built.build_metadata["buildpacks"]]
        layers = self.creator.state / "layers"
        return Snapshot(
            group=tuple(ids),
            records=_records(layers, ids, ""),
            left=snapshot.names_left(layers, ids),
            image=snapshot.labelled(label),
            cache=snapshot.labelled(cached),
            store={
                one["key"]: snapshot.plain_numbers(one["store"]["metadata"])
                for one in label
                if one.get("store")
            },
            processes={
                name: snapshot.process(
                    one["command"],
                    one.get("args") or (),
                    one.get("working-dir"),
                    "",
                    is_default=built.entrypoint == (f"/cnb/process/{name}",),
                )
                for name, one in built.processes.items()
            },
            labels={name: value for name, value in built.labels.items() if not name.startswith(_OWN_LABELS)},
            contents={**self._cache_contents(cached), **_image_contents(built)},
            diff_ids={**snapshot.digests(cached), **snapshot.digests(label)},
        )

    def code(self, app: Path) -> int:
        """Build and return 0 or the exit code of the lifecycle."""
        try:
            self._build(app, None)
        except CreatorError as error:
            return error.code
        return 0

    def start(self, process: str) -> tuple[int, str]:
        """Start a process in a container; return its exit code, and what is on stdout if it was started."""
        assert self.last is not None
        name = app_container.load(self.creator.podman, self.last)
        settings = ContainerSettings(entrypoint=f"/cnb/process/{process}", network="none")
        done = self.creator.podman.run(name, settings=settings, check=False)
        return done.returncode, done.stdout.decode() if done.returncode != LifecycleCode.LAUNCH else ""

    def launch_environment(self, process: str | None = None) -> dict[str, str]:
        """Return the environment of a process in a container; a process type has to be `env -0`."""
        assert self.last is not None
        name = app_container.load(self.creator.podman, self.last)
        entrypoint = f"/cnb/process/{process}" if process else "/cnb/lifecycle/launcher"
        settings = ContainerSettings(entrypoint=entrypoint, network="none", read_only=True)
        command = () if process else ("--", "env", "-0")
        told = self.creator.podman.run(name, *command, settings=settings).stdout.decode()
        return snapshot.comparable(dict(one.partition("=")[::2] for one in told.split("\0") if one), "")

    def forget(self, *, image: bool = False, cache: bool = False) -> None:
        """Delete the image or the cache."""
        if cache:
            self.creator.forget_cache()
        if image and self.last:
            (_layout(self.last) / "index.json").unlink()

    def _build(self, app: Path, variables: Mapping[str, str] | None) -> BuiltImage:
        self.last = self.creator.into_layout(
            app, self.group, run_image=self.run_image, name="app:1", variables=variables
        )
        return self.last

    @property
    def _cache(self) -> Path:
        return self.creator.state / "cache" / "committed"

    def _cached(self) -> list[dict[str, Any]]:
        file = self._cache / "io.buildpacks.lifecycle.cache.metadata"
        return json.loads(file.read_text("utf-8")).get("buildpacks") or [] if file.is_file() else []

    def _cache_contents(self, cached: list[dict[str, Any]]) -> dict[str, object]:
        files = {name: self._cache / f"{diff_id}.tar" for name, diff_id in snapshot.digests(cached).items()}
        return {name: snapshot.archived(file.open("rb"), "") for name, file in files.items()}


def _records(layers: Path, ids: list[str], root: str) -> dict[str, dict[str, object]]:
    folders = {one: layers / one.replace("/", "_") / "record" for one in ids}
    return {
        one: snapshot.recorded(folder, root)
        for one, folder in folders.items()
        if (folder / "environment").is_file()
    }


def _image_contents(built: BuiltImage) -> dict[str, object]:
    descriptors = dict(zip(built.diff_ids, built.image.manifest["layers"], strict=True))
    blobs = {
        name: image_layout.blob(_layout(built), descriptors[diff_id]["digest"])
        for name, diff_id in built.launch_layers.items()
    }
    return {name: snapshot.archived(cast("IO[bytes]", gzip.open(blob)), "") for name, blob in blobs.items()}


def _layout(built: BuiltImage) -> Path:
    return Path(built.reference.removeprefix("oci:"))
