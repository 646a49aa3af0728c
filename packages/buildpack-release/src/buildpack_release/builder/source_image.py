"""Reading an image from where it is: the right manifest, its configuration, and its layers as they are."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from buildpack_release.builder.blob_store import ArchiveStore, FileStore, RemoteStore
from buildpack_release.builder.locator import ArchiveLocator, LayoutLocator
from buildpack_release.errors import CheckFailed, ReleaseError
from oci_registry.content import INDEX, INDEX_TYPES, MANIFEST_TYPES, Descriptor, Manifest
from oci_registry.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from buildpack_release.builder.blob_store import BlobStore
    from buildpack_release.model.targets import Target
    from oci_registry.reference import Reference
    from oci_registry.remote.registries import Registries


@dataclass(frozen=True)
class StoredLayer:
    """A layer as its image has it (compressed or not), the digest of its archive, and who has it."""

    blob: Descriptor
    diff_id: str
    store: BlobStore = field(compare=False)


@dataclass(frozen=True)
class SourceImage:
    """An image that something is taken from. `name` is for messages; `digest` that of its manifest."""

    name: str
    digest: str
    config: Mapping[str, Any] = field(repr=False)
    layers: tuple[StoredLayer, ...]

    @property
    def settings(self) -> Mapping[str, Any]:
        """How containers are started: the `config` of the configuration."""
        settings = self.config.get("config")
        return settings if isinstance(settings, dict) else {}

    @property
    def labels(self) -> Mapping[str, str]:
        """The labels."""
        labels = self.settings.get("Labels")
        return labels if isinstance(labels, dict) else {}

    def json_label(self, name: str) -> Any:  # noqa: ANN401  JSON is untyped
        """Read a label that holds JSON; None if there is none. Raises CheckFailed if it does not."""
        if name not in self.labels:
            return None
        try:
            return json.loads(self.labels[name])
        except (ValueError, TypeError):
            raise CheckFailed(f"the label {name} of {self.name} is not JSON") from None


def read_image(
    locator: ArchiveLocator | LayoutLocator | Reference,
    name: str,
    wanted: Target | None,
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
    if isinstance(locator, ArchiveLocator):
        archive = ArchiveStore.open(locator.path)
        with archive.member("index.json") as file:
            root = _entry_point(file.read(), locator.path)
        return _read(root, name, wanted, archive, _from_blobs(archive))
    if isinstance(locator, LayoutLocator):
        layout = FileStore.layout(locator.path)
        root = _entry_point((locator.path / "index.json").read_bytes(), locator.path)
        return _read(root, name, wanted, layout, _from_blobs(layout))
    remote = RemoteStore(registries.repository(locator))
    try:
        root = remote.manifest(locator.target or "latest")
    except NotFoundError as error:
        raise ReleaseError(f"there is no image {name}", detail=f"{error.title}.") from None
    return _read(root, name, wanted, remote, lambda one: remote.manifest(one.digest))


def _entry_point(data: bytes, path: Path) -> Manifest:
    """Give the index of a layout, which need not say its media type."""
    manifest = Manifest(INDEX, data)
    if not isinstance(manifest.document.get("manifests"), list):
        raise CheckFailed("index.json of this layout lists no manifests", file=path)
    return manifest


def _from_blobs(store: BlobStore) -> Callable[[Descriptor], Manifest]:
    return lambda one: Manifest(one.media_type, store.read(one))


def _read(
    root: Manifest,
    name: str,
    wanted: Target | None,
    store: BlobStore,
    get: Callable[[Descriptor], Manifest],
) -> SourceImage:
    manifest = get(_choose(list(_images(root, get)), name, wanted)) if root.is_index else root
    if manifest.config is None:
        raise CheckFailed(f"{name} is no image: its manifest names no configuration")
    config = _json_object(store.read(manifest.config), name)
    diff_ids = _diff_ids(config)
    if len(diff_ids) != len(manifest.layers):
        raise CheckFailed(
            f"{name} is no sound image",
            detail=f"Its manifest has {len(manifest.layers)} layers, its configuration {len(diff_ids)}.",
        )
    layers = zip(manifest.layers, diff_ids, strict=True)
    return SourceImage(
        name, manifest.digest, config, tuple(StoredLayer(blob, diff, store) for blob, diff in layers)
    )


def _images(index: Manifest, get: Callable[[Descriptor], Manifest], depth: int = 0) -> Iterator[Descriptor]:
    """Give the images of an index, also of the indexes in it; not what is attached to them."""
    for one in index.manifests:
        if one.media_type in INDEX_TYPES and depth < len(MANIFEST_TYPES):
            yield from _images(get(one), get, depth + 1)
        elif one.media_type in MANIFEST_TYPES and one.platform.get("os") != "unknown":
            yield one


def _choose(images: Sequence[Descriptor], name: str, wanted: Target | None) -> Descriptor:
    if len(images) == 1:
        return images[0]
    listed = ", ".join(dict.fromkeys(_platform_text(one) for one in images)) or "none"
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


def _fits(platform: Mapping[str, str], wanted: Target) -> bool:
    pairs = ((platform.get("os"), wanted.os), (platform.get("architecture"), wanted.arch))
    variants = (platform.get("variant"), wanted.variant)
    return all(not mine or mine == theirs for theirs, mine in pairs) and (
        not all(variants) or variants[0] == variants[1]
    )


def _platform_text(one: Descriptor) -> str:
    return "/".join(one.platform[key] for key in ("os", "architecture", "variant") if one.platform.get(key))


def _json_object(data: bytes, name: str) -> Mapping[str, Any]:
    try:
        found = json.loads(data)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise CheckFailed(f"the configuration of {name} is not a JSON object")
    return found


def _diff_ids(config: Mapping[str, Any]) -> list[str]:
    rootfs = config.get("rootfs")
    found = rootfs.get("diff_ids") if isinstance(rootfs, dict) else None
    return [str(one) for one in found] if isinstance(found, list) else []
