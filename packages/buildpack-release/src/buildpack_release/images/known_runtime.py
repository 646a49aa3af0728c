"""Layers with Python that stand ready: from images that have them, from the cache, or made when needed."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from buildpack_release.errors import CheckFailed, ReleaseError
from buildpack_release.files.cache import cache_directory
from buildpack_release.images.app_image import AppImage
from buildpack_release.images.bom_layer import BomLayer
from buildpack_release.images.exported_layer import layer_members, read_place
from buildpack_release.images.image_references import ImagePlace
from buildpack_release.images.python_state import LAYER, version_numbers
from buildpack_release.model.inputs import collect
from buildpack_release.publish.verify import blob_problem
from oci_registry.content import LAYER as LAYER_TYPE
from oci_registry.layout import LayoutStore
from oci_registry.reading import read_tree
from oci_registry.shared_calls import SharedCalls
from oci_registry.store import StoredBlob

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from buildpack_release.images.exported_layer import LayerPlace
    from buildpack_release.images.runtime_command import RuntimeCommand
    from buildpack_release.images.runtime_layer import RuntimeOrder
    from oci_registry.store import Source

_TAG = "latest"
_MAGIC = 4  # bytes


@dataclass(frozen=True)
class RuntimeContents:
    """What an exchange has to know of the files: the magic number of the byte code, a shared libpython."""

    magic: bytes
    has_libpython: bool


@dataclass(frozen=True)
class KnownRuntime:
    """A layer with Python: its metadata, its place, its blob and its bills of materials by name."""

    data: Mapping[str, Any]
    diff_id: str
    place: LayerPlace
    blob: StoredBlob
    boms: Mapping[str, bytes]
    store: Source
    _contents: list[RuntimeContents] = field(default_factory=list, repr=False, compare=False)
    _checked: list[str] = field(default_factory=list, repr=False, compare=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    @classmethod
    def all_in(cls, image: ImagePlace, buildpack: str) -> Iterator[KnownRuntime]:
        """Read those of an image, for each platform. Raises ReleaseError."""
        for found in read_tree(image.store, image.manifest()).images:
            app = AppImage(found)
            layer = app.buildpack_layer(buildpack, LAYER)
            blob = app.layer(layer.diff_id) if layer else None
            if layer is None or blob is None:
                continue
            boms = BomLayer.read(image.store, app)
            yield cls(
                layer.data,
                layer.diff_id,
                read_place(image.store, blob.blob, layer.text("location")),
                StoredBlob.of(blob.blob, image.store),
                boms.documents(layer) if boms else {},
                image.store,
            )

    @property
    def version(self) -> str:
        """The version of Python."""
        return str(self.data.get("version", ""))

    def fits(self, order: RuntimeOrder) -> bool:
        """Whether it is what an order asks for."""
        mine = (self.version, self.data.get("os"), self.data.get("arch"), self.data.get("keep"), self.place)
        target = order.target
        return mine == (order.version, target.os, target.arch, list(order.keep), order.place)

    def check(self) -> None:
        """Read all of the layer, once: what many images get has to be what is said of it.

        Raises CheckFailed, RegistryError.
        """
        with self._lock:
            if not self._checked:
                self._checked.append(blob_problem(self.store, self.blob.descriptor(LAYER_TYPE), self.diff_id))
        if self._checked[0]:
            raise CheckFailed(
                f"the layer of Python {self.version} in {self.store.name} is damaged", detail=self._checked[0]
            )

    def contents(self) -> RuntimeContents:
        """Look into the layer, once. Raises RegistryError."""
        with self._lock:
            if not self._contents:
                self._contents.append(read_contents(self.blob))
            return self._contents[0]


def read_contents(blob: StoredBlob) -> RuntimeContents:
    """Look into a layer with Python, up to the first byte code: a libpython lies before it, by its name.

    Without any, all of it is read, and the magic number is empty. Raises RegistryError.
    """
    has_libpython = False
    for member, first in layer_members(blob.store, blob.descriptor("")):
        name = member.name.rpartition("/")[2]
        has_libpython |= name.startswith("libpython") and ".so" in name
        if name.endswith(".pyc") and member.isreg():
            return RuntimeContents(first[:_MAGIC], has_libpython)
    return RuntimeContents(b"", has_libpython)


class RuntimeLayers:
    """Where layers are had from: given images, the cache, else they are made. Safe in several threads."""

    def __init__(self, command: RuntimeCommand, given: Iterable[KnownRuntime] = ()) -> None:
        self._command = command
        self._given = tuple(given)
        self._found: dict[RuntimeOrder, KnownRuntime | ReleaseError] = {}
        self._finding = SharedCalls["KnownRuntime | ReleaseError"]()
        self._making = threading.Lock()

    def place_of(self, diff_id: str) -> LayerPlace | None:
        """Return where a layer lies and who owns it, if it is one of those given."""
        return next((one.place for one in self._given if one.diff_id == diff_id), None)

    def version(self, python: str, order: RuntimeOrder) -> str:
        """Return the version that a line or version means: the newest that is given, else of the catalogue.

        Raises UsageError if there is none, CheckFailed if there is none of any version for that target.
        """
        numbers = [
            found
            for one in self._given
            if (found := version_numbers(one.version)) and one.data.get("arch") == order.target.arch
            if python in (one.version, one.version.rpartition(".")[0])
        ]
        if numbers:
            return ".".join(map(str, max(numbers)))
        if all(one.arch != order.target.arch for one in self._command.catalogue.archives):
            raise CheckFailed(f"the catalogue has no Python for {order.target}")
        return self._command.version(python, order.target)

    def find(self, order: RuntimeOrder) -> KnownRuntime:
        """Return the layer of an order. Raises ReleaseError if it cannot be made, which is tried once."""

        def find() -> KnownRuntime | ReleaseError:
            if order not in self._found:
                given = next((one for one in self._given if one.fits(order)), None)
                try:
                    self._found[order] = given or self._cached(order)
                except ReleaseError as error:
                    self._found[order] = error
            return self._found[order]

        found = self._finding.run(order, find)
        if isinstance(found, ReleaseError):
            raise found
        return found

    def _cached(self, order: RuntimeOrder) -> KnownRuntime:
        layout = LayoutStore(cache_directory() / "runtime-layers" / self._key(order))
        with self._making:  # each takes all cores
            if not _is_whole(layout):
                with layout.writing():  # where nothing can be written, that is known before the work
                    pass
                self._command.write(order, layout, _TAG)
        found = KnownRuntime.all_in(ImagePlace(layout, _TAG, layout.name), self._command.buildpack.id)
        return next(iter(found))

    def _key(self, order: RuntimeOrder) -> str:
        """Return a name for all that a layer is made of."""
        command = self._command
        archives = [
            one.sha256
            for one in command.catalogue.archives
            if (one.text, one.arch) == (order.version, order.target.arch)
        ]
        facts = (repr(order), *archives, command.buildpack.descriptor.version)
        inputs = collect(command.repository, command.buildpack).digest(*facts)
        return hashlib.sha256(inputs.encode()).hexdigest()


def _is_whole(layout: LayoutStore) -> bool:
    if not layout.exists():
        return False
    root = layout.manifest(_TAG)
    return root is not None and layout.is_intact(root.descriptor())
