"""Reading an image from where it is: the right manifest, its configuration, and its layers as they are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from buildpack_common.parsing import parse_json
from buildpack_release.builder.locator import ArchiveLocator, LayoutLocator
from buildpack_release.errors import CheckFailed, ReleaseError
from oci_registry.content import INDEX_TYPES, MANIFEST_TYPES, Descriptor, Manifest
from oci_registry.errors import NotFoundError
from oci_registry.image import platform_text
from oci_registry.layer import ImageLayer
from oci_registry.layout import LayoutArchive, LayoutStore
from oci_registry.reading import ReadImage, read_image
from oci_registry.store import StoredBlob

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from buildpack_release.model.targets import DeclaredTarget
    from oci_registry.reference import Reference
    from oci_registry.remote.registries import Registries
    from oci_registry.store import Source


@dataclass(frozen=True, kw_only=True)
class SourceImage(ReadImage):
    """An image that something is taken from, with its layers. `name` is for messages."""

    name: str
    layers: tuple[ImageLayer, ...] = field(repr=False)

    def json_label(self, name: str) -> Any:  # noqa: ANN401  JSON is untyped
        """Read a label that holds JSON; None if there is none. Raises CheckFailed if it does not."""
        if name not in self.labels:
            return None
        try:
            return parse_json(self.labels[name])
        except ValueError:
            raise CheckFailed(f"the label {name} of {self.name} is not JSON") from None


def find_image(
    locator: ArchiveLocator | LayoutLocator | Reference,
    name: str,
    wanted: DeclaredTarget | None,
    registries: Registries,
) -> SourceImage:
    """Read the manifest and configuration of an image.

    Args:
        locator: where it is.
        name: what messages call it.
        wanted: the platform to choose where there are several images; None if there must be only one.
        registries: the way to registries.

    Raises:
        ReleaseError: there is no such image, or not for that platform, or it is not whole.
    """
    store, root = _root(locator, name, registries)
    manifest = _get(store, _choose(list(_images(store, root)), name, wanted)) if root.is_index else root
    if manifest.config is None:
        raise CheckFailed(f"{name} is no image: its manifest names no configuration")
    image = read_image(store, manifest)
    if not image.config:
        raise CheckFailed(f"the configuration of {name} is not a JSON object")
    blobs, diff_ids = manifest.layers, image.diff_ids
    if len(diff_ids) != len(blobs):
        raise CheckFailed(
            f"{name} is no sound image",
            detail=f"Its manifest has {len(blobs)} layers, its configuration {len(diff_ids)}.",
        )
    layers = tuple(
        ImageLayer(blob.media_type, StoredBlob.of(blob, store), diff_id)
        for blob, diff_id in zip(blobs, diff_ids, strict=True)
    )
    return SourceImage(manifest, image.config, name=name, layers=layers)


def _root(
    locator: ArchiveLocator | LayoutLocator | Reference, name: str, registries: Registries
) -> tuple[Source, Manifest]:
    """Return the store of an image, and what is there: an index, or the only image."""
    if isinstance(locator, ArchiveLocator):
        archive = LayoutArchive.read(locator.path)
        return archive, archive.index()
    if isinstance(locator, LayoutLocator):
        layout = LayoutStore(locator.path)
        return layout, layout.index()
    remote = registries.repository(locator)
    try:
        return remote, remote.manifests.get(locator.target or "latest")
    except NotFoundError as error:
        raise ReleaseError(f"there is no image {name}", detail=f"{error.title}.") from None


def _get(store: Source, entry: Descriptor) -> Manifest:
    found = store.manifest(entry.digest, entry.media_type)
    if found is None:
        raise CheckFailed(f"the manifest {entry.digest} is missing in {store.name}")
    return found


def _images(store: Source, index: Manifest, depth: int = 0) -> Iterator[Descriptor]:
    """Return the images of an index, also of the indexes in it; not what is attached to them."""
    for one in index.manifests:
        if one.media_type in INDEX_TYPES and depth < len(MANIFEST_TYPES):
            yield from _images(store, _get(store, one), depth + 1)
        elif one.media_type in MANIFEST_TYPES and one.platform.get("os") != "unknown":
            yield one


def _choose(images: Sequence[Descriptor], name: str, wanted: DeclaredTarget | None) -> Descriptor:
    if len(images) == 1:
        return images[0]
    listed = ", ".join(dict.fromkeys(platform_text(one.platform) for one in images)) or "none"
    if wanted is None:
        raise ReleaseError(
            f"{name} holds {len(images)} images, and it is not said which one is meant",
            detail=f"They are for: {listed}.",
            advice='Add [[targets]] with os and arch, for example os = "linux", arch = "amd64".',
        )
    fitting = [one for one in images if _fits(one.platform, wanted)]
    if not fitting:
        raise ReleaseError(f"{name} has no image for {wanted}", detail=f"It has images for: {listed}.")
    exact = [one for one in fitting if one.platform.get("variant", "") == wanted.variant]
    return (exact or fitting)[0]


def _fits(platform: Mapping[str, str], wanted: DeclaredTarget) -> bool:
    pairs = ((platform.get("os"), wanted.os), (platform.get("architecture"), wanted.arch))
    variants = (platform.get("variant"), wanted.variant)
    return all(not mine or mine == theirs for theirs, mine in pairs) and (
        not all(variants) or variants[0] == variants[1]
    )
