"""Reading what is in images: one, or a whole fleet."""

from __future__ import annotations

import re
import sys
from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from buildpack_release.errors import CheckFailed, ReleaseError
from buildpack_release.images.app_image import AppImage, LayerKind
from buildpack_release.images.image_bom import read_packages
from buildpack_release.images.python_state import PythonState, find_python
from oci_registry.parallel import in_parallel
from oci_registry.reading import read_tree

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from buildpack_release.images.app_image import AppLayer, LaunchedProcess
    from buildpack_release.images.image_bom import BomPackage
    from buildpack_release.images.image_references import ImagePlace
    from buildpack_release.images.python_state import PythonFacts
    from buildpack_release.runtimes.archive_catalogue import ArchiveCatalogue
    from oci_registry.content import Manifest
    from oci_registry.reading import ReadImage

_JOBS = 8
_NO_SYSTEM = "unknown"
"""What buildx writes as the system of an attestation; it has layers like an image."""
_DEEPEST = 1  # an index in an index
_TOOL = re.compile(r".*/(.+)-tool")


@dataclass(frozen=True)
class Environment:
    """The app's environment: what was installed, with which tool (each "" if it is not told)."""

    inputs: str
    tool: str
    has_packages: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ShownImage:
    """What is in an image for one platform. `packages` is None if nobody asked for them."""

    name: str
    digest: str
    platform: str
    is_built: bool
    run_image: str
    patched_from: tuple[str, str]
    buildpacks: tuple[tuple[str, str], ...]
    processes: tuple[LaunchedProcess, ...]
    layers: tuple[AppLayer, ...]
    python: PythonFacts | None
    environment: Environment | None
    packages: tuple[BomPackage, ...] | None

    @property
    def size(self) -> int:
        """How many bytes all layers have, as they travel."""
        return sum(layer.blob.size for layer in self.layers)


@dataclass(frozen=True)
class UnreadImage:
    """An image that could not be read, and why."""

    name: str
    fault: ReleaseError


@dataclass(frozen=True)
class Fleet:
    """Images that were looked at, in the order in which they were named.

    `released` are the diff IDs of layers that are known to be as they were released; None if nobody named
    any.
    """

    images: tuple[ShownImage, ...]
    unread: tuple[UnreadImage, ...]
    released: frozenset[str] | None = None

    @property
    def states(self) -> Counter[PythonState]:
        """How many images run a Python in each state."""
        return Counter(image.python.state for image in self.images if image.python)

    def is_released(self, layer: AppLayer) -> bool | None:
        """Whether a buildpack's layer is bit for bit a released one; None if that is not known of any."""
        if self.released is None or layer.kind is not LayerKind.BUILDPACK:
            return None
        return layer.diff_id in self.released


@dataclass(frozen=True)
class Inspection:
    """What images are read for: the buildpack that provides Python, its catalogue, the day."""

    buildpack: str
    catalogue: ArchiveCatalogue
    today: dt.date

    def look(
        self,
        places: Iterable[ImagePlace],
        *,
        with_packages: bool = False,
        released: Collection[ImagePlace] | None = None,
    ) -> Fleet:
        """Read images, several at once. One that cannot be read is no reason not to read the others.

        Args:
            places: the images.
            with_packages: read the bills of materials, too.
            released: images whose layers are as they were released.

        Raises ReleaseError if one of the latter cannot be read.
        """
        known = None
        if released is not None:
            known = frozenset(
                layer.diff_id for place in released for image in self.read(place) for layer in image.layers
            )
        found = in_parallel(partial(self._try, with_packages=with_packages), places, jobs=_JOBS)
        return Fleet(
            tuple(image for one in found if not isinstance(one, UnreadImage) for image in one),
            tuple(one for one in found if isinstance(one, UnreadImage)),
            known,
        )

    def _try(self, place: ImagePlace, *, with_packages: bool) -> Sequence[ShownImage] | UnreadImage:
        try:
            return self.read(place, with_packages=with_packages)
        except ReleaseError as error:
            return UnreadImage(place.name, error)

    def read(self, place: ImagePlace, *, with_packages: bool = False) -> Sequence[ShownImage]:
        """Read an image, for each platform that it is there for. Raises ReleaseError."""
        found = [AppImage(image) for image in _images(place, place.manifest())]
        if not found:
            raise CheckFailed(f"{place.name} lists no image")
        # What buildx and others list in an index beside the images is for no platform. Where there is nothing
        # else, it is something other than an image.
        apps = [app for app in found if app.image.diff_ids and app.image.config.get("os") != _NO_SYSTEM]
        apps = apps or found
        return [self._shown(place, app, with_packages=with_packages) for app in apps]

    def _shown(self, place: ImagePlace, app: AppImage, *, with_packages: bool) -> ShownImage:
        return ShownImage(
            name=place.name,
            digest=app.digest,
            platform=sys.intern(app.image.platform),
            is_built=app.is_built,
            run_image=app.run_image,
            patched_from=app.patched_from,
            buildpacks=app.created_by,
            processes=app.processes,
            layers=app.layers,
            python=find_python(app, self.buildpack, self.catalogue, self.today),
            environment=_environment(app),
            packages=read_packages(place.store, app) if with_packages else None,
        )


def _images(place: ImagePlace, root: Manifest, depth: int = 0) -> Iterator[ReadImage]:
    """Read the images of an index, also of those that it lists. Raises ReleaseError."""
    if depth > _DEEPEST:
        raise CheckFailed(f"the indexes of {place.name} are nested too deeply")
    for image in read_tree(place.store, root).images:
        if image.manifest.is_index:
            yield from _images(place, image.manifest, depth + 1)
        else:
            yield image


def _environment(app: AppImage) -> Environment | None:
    """Return what a layer with an environment says: that with a list of installed packages."""
    tools = [
        f"{name[1]} ({one} {version})" for one, version in app.created_by if (name := _TOOL.fullmatch(one))
    ]
    for layer in app.buildpack_layers:
        if "packages" in layer.data:
            installed = tuple(text.partition(" ")[0] for text in layer.texts("packages"))
            return Environment(layer.text("inputs"), tools[0] if tools else "", installed)
    return None
