"""Reading back what was published, as whoever uses it will: manifests, configurations, labels, blobs."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_release.publish.labels import label_problems
from buildpack_release.publish.tags import version_tag
from oci_registry.errors import ContentMismatchError, NotFoundError
from oci_registry.image import platform_text
from oci_registry.reading import ImageTree, ReadImage, read_tree
from oci_registry.store import present_blobs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from oci_registry.content import Descriptor, Manifest
    from oci_registry.store import Progress, Source, Store

_GZIP = 31  # zlib's wbits
_LARGEST_LAYER = 16 << 30  # bytes unpacked: what gzip can make of it is a thousand times the blob
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Expected:
    """What has to be published: a buildpack's id and version, for these targets (`os/arch[/variant]`).

    `variant` is the kind of package, "" for the ordinary one.
    """

    id: str
    version: str
    targets: tuple[str, ...]
    variant: str = ""

    @property
    def tag(self) -> str:
        """The tag that it has."""
        return version_tag(self.version, self.variant)


def problems_of(tree: ImageTree, store: Store, expected: Expected) -> tuple[str, ...]:
    """Check manifests, configurations, labels and platforms, and that the layers are there.

    The configurations are: they have been read.
    """
    found = [*_platform_problems(tree, expected)]
    for image in tree.images:
        texts = [*_shape_problems(image), *label_problems(image, expected.id, expected.version)]
        found += [f"{image.platform or image.manifest.digest}: {text}" for text in texts]
    layers = {layer.digest: layer for image in tree.images for layer in image.manifest.layers}
    there = present_blobs(store, layers.values())
    found += [f"the blob {digest} is missing" for digest in layers if digest not in there]
    return tuple(found)


def unreadable_blobs(tree: ImageTree, store: Store, progress: Progress) -> tuple[str, ...]:
    """Read all blobs: their sizes, digests, and for layers the digests of the archives in them."""
    diff_ids = {
        layer.digest: diff_id
        for image in tree.images
        for layer, diff_id in zip(image.manifest.layers, image.diff_ids, strict=False)
    }
    found = (blob_problem(store, blob, diff_ids.get(blob.digest, ""), progress) for blob in tree.blobs)
    return tuple(problem for problem in found if problem)


def read_published(store: Store, root: Manifest, expected: Expected) -> tuple[ImageTree, tuple[str, ...]]:
    """Read the tree below a root and check all but the content of its layers.

    Raises CheckFailed if manifests or configurations are not there.
    """
    tree = read_tree(store, root)
    return tree, problems_of(tree, store, expected)


def _platform_problems(tree: ImageTree, expected: Expected) -> Iterator[str]:
    if not tree.root.is_index:
        yield "it is a single image, not an index of images for platforms"
    platforms = [image.platform for image in tree.images]
    missing = ", ".join(one for one in expected.targets if one not in platforms)
    unknown = ", ".join(one or "nothing" for one in platforms if one not in expected.targets)
    if missing:
        yield f"there is no image for {missing}"
    if unknown:
        yield f"there are images for {unknown}, which the buildpack is not for"
    for entry, image in zip(tree.root.manifests, tree.images, strict=False):
        listed = platform_text(entry.platform) or "nothing"
        if listed != image.platform:
            yield f"the index lists the image for {image.platform} as one for {listed}"


def _shape_problems(image: ReadImage) -> Iterator[str]:
    layers = len(image.manifest.layers)
    if not image.config:
        yield "it has no configuration that can be read"
    elif len(image.diff_ids) != layers:
        yield f"it has {layers} layers, and its configuration tells of {len(image.diff_ids)}"


def _unpacked(unpack: zlib._Decompress, piece: bytes) -> Iterator[bytes]:
    """Unpack a piece block by block: all at once it may be too much for memory."""
    while piece:
        yield unpack.decompress(piece, _BLOCK)
        piece = unpack.unconsumed_tail


def blob_problem(store: Source, blob: Descriptor, diff_id: str, progress: Progress = lambda *_: None) -> str:
    """Read all of a blob; return what is wrong with its bytes, or what they unpack to: "" for nothing."""
    archive = hashlib.sha256()
    unpack = zlib.decompressobj(_GZIP) if blob.media_type.endswith("gzip") else None
    done = unpacked = 0
    try:
        for piece in store.pieces(blob):
            for content in _unpacked(unpack, piece) if unpack else (piece,):
                unpacked += len(content)
                if unpacked > _LARGEST_LAYER:
                    return f"the layer {blob.digest} unpacks to more than {_LARGEST_LAYER >> 30} GiB"
                archive.update(content)
            done += len(piece)
            progress(blob.digest, done, blob.size)
        archive.update(unpack.flush() if unpack else b"")
    except NotFoundError:
        return f"the blob {blob.digest} is missing"
    except ContentMismatchError as error:
        return f"{error.title}{': ' * bool(error.detail)}{error.detail}"
    except zlib.error as error:
        return f"the layer {blob.digest} is not compressed as it says: {error}"
    found = f"sha256:{archive.hexdigest()}"
    if diff_id and found != diff_id:
        return f"the archive in the layer {blob.digest} is {found}, the configuration says {diff_id}"
    return ""
