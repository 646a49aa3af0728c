"""`inv runtime.layer`: which layer is meant, making it, and bringing it to where it is wanted."""

from __future__ import annotations

import datetime as dt
import os
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_release.errors import UsageError
from buildpack_release.images.app_image import AppImage
from buildpack_release.images.image_references import LAYOUT
from buildpack_release.images.python_state import LAYER
from buildpack_release.images.runtime_image import runtime_image
from buildpack_release.images.runtime_layer import RuntimeOrder, make_runtime_layer, order_like
from buildpack_release.model.targets import DeclaredTarget, own_arch
from buildpack_release.runtimes.archive_catalogue import FILE, ArchiveCatalogue, keeper
from buildpack_release.runtimes.archive_selection import RuntimeSelection, choose
from buildpack_release.text import size
from oci_registry.layout import LayoutStore
from oci_registry.reading import read_tree
from oci_registry.reference import Reference

if TYPE_CHECKING:
    from collections.abc import Callable

    from buildpack_release.images.exported_layer import LayerPlace
    from buildpack_release.images.image_references import ImagePlace
    from buildpack_release.images.runtime_layer import MadeRuntime
    from buildpack_release.model.repository import Buildpack, Repository
    from oci_registry.image import Image
    from oci_registry.remote.registries import Registries
    from oci_registry.store import Store


@dataclass(frozen=True)
class WrittenRuntime:
    """An image with a layer of Python: its address, by digest, the version, and the layer's diff ID."""

    address: str
    version: str
    diff_id: str

    @property
    def data(self) -> dict[str, str]:
        """All of it, for programs."""
        return {"image": self.address, "python": self.version, "diff-id": self.diff_id}


@dataclass(frozen=True)
class RuntimeCommand:
    """What layers with Python are made with: the repository, and the buildpack with the catalogue."""

    repository: Repository
    buildpack: Buildpack
    catalogue: ArchiveCatalogue
    registries: Registries
    report: Callable[[str], None]

    @classmethod
    def of(
        cls, repository: Repository, registries: Registries, report: Callable[[str], None]
    ) -> RuntimeCommand:
        """Read the catalogue; `BP_PYTHON_RUNTIMES` names another one, as in builds. Raises CheckFailed."""
        buildpack = keeper(repository)
        own = os.environ.get("BP_PYTHON_RUNTIMES")
        catalogue = ArchiveCatalogue.read(Path(own) if own else buildpack.directory / FILE)
        return cls(repository, buildpack, catalogue, registries, report)

    @property
    def escaped_id(self) -> str:
        """The buildpack's name below the layers directory."""
        return self.buildpack.descriptor.escaped_id

    def order(self, python: str, target: str, place: LayerPlace) -> RuntimeOrder:
        """Choose the version. Raises UsageError for a Python or target that the catalogue has not got."""
        wanted = DeclaredTarget.parse(target) if target else DeclaredTarget("linux", own_arch())
        return RuntimeOrder(self.version(python, wanted), wanted, place)

    def order_like(self, image: ImagePlace, python: str, target: str) -> RuntimeOrder:
        """Order a layer that can stand in for that of an image. Raises UsageError, CheckFailed."""
        for found in read_tree(image.store, image.manifest()).images:
            app = AppImage(found)
            layer = app.buildpack_layer(self.buildpack.id, LAYER)
            if layer is not None and app.image.platform.startswith(target):
                order = order_like(image.store, app, layer, "")
                return replace(order, version=self.version(python, order.target))
        what = f"for {target} " if target else ""
        raise UsageError(f"{image.name} has no image {what}with a layer {LAYER} of {self.buildpack.id}")

    def version(self, python: str, target: DeclaredTarget) -> str:
        """Return the version that a line or version means: the newest patch of a line. Raises UsageError."""
        day = dt.datetime.now(dt.timezone.utc).date()
        (chosen,) = choose(self.catalogue, target, RuntimeSelection(day, (python,)))
        return chosen.text

    def make(self, order: RuntimeOrder, to: str) -> WrittenRuntime:
        """Make a layer, write its image, and return where that is. Raises ReleaseError."""
        store, name, tag = self._destination(to)
        made, image = self.write(order, store, tag)
        self.report(
            f"Python {order.version} for {order.target}: {made.layer.diff_id}, {size(made.layer.size)}"
        )
        return WrittenRuntime(f"{name}@{image.digest}", order.version, made.layer.diff_id)

    def write(self, order: RuntimeOrder, store: Store, tag: str) -> tuple[MadeRuntime, Image]:
        """Make a layer and write its image into a store. Raises ReleaseError."""
        with tempfile.TemporaryDirectory(prefix="strata-layer-") as folder:
            scratch = Path(folder)
            made = make_runtime_layer(self.repository, self.buildpack, order, scratch, report=self.report)
            image = runtime_image(made, scratch)
            store.push(image.content, mounts={}, progress=lambda *_: None)
            store.tag(image.manifest, tag)
        return made, image

    def _destination(self, to: str) -> tuple[Store, str, str]:
        if to.startswith(LAYOUT):
            layout = LayoutStore(Path(to.removeprefix(LAYOUT)))
            return layout, layout.name, "latest"
        reference = Reference.parse(to)
        if reference.digest is not None:
            raise UsageError("an image cannot be pushed to a digest", advice="Write a tag instead.")
        return self.registries.repository(reference), reference.name, reference.tag or "latest"
