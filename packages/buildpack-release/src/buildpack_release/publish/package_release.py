"""A package in dist/ as it will be published."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_release.publish.attachments import read_attachments
from buildpack_release.publish.tags import version_tag
from oci_registry.blob_source import BlobSource
from oci_registry.content import Manifest
from oci_registry.layout import LayoutStore
from oci_registry.reading import ImageTree, read_tree
from oci_registry.store import Content

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from buildpack_release.dist.manifest import DistPackage
    from buildpack_release.publish.attachments import Attachment
    from oci_registry.content import Descriptor


@dataclass(frozen=True)
class PackageRelease:
    """A buildpack's id and version, and the content under them. `notes` are what people should know.

    `attachments` are the documents that are stored beside the image.
    """

    id: str
    version: str
    tree: ImageTree
    content: Content
    notes: tuple[str, ...] = ()
    variant: str = ""
    attachments: tuple[Attachment, ...] = ()

    @property
    def tag(self) -> str:
        """The tag that it gets: the version, with the kind of package if that is not the ordinary one."""
        return version_tag(self.version, self.variant)

    @property
    def name(self) -> str:
        """The name of its store below the namespace: the last segment of the id."""
        return store_name(self.id)

    @property
    def title(self) -> str:
        """`id@version`, with the kind of package."""
        return f"{self.id}@{self.version} {self.variant}".rstrip()

    @property
    def digest(self) -> str:
        """The digest of the index."""
        return self.tree.digest

    def missing_attachments(self, referrers: Sequence[Descriptor]) -> tuple[Attachment, ...]:
        """Return the documents that have none of their kind among what refers to the image."""
        return tuple(one for one in self.attachments if not one.kind.among(referrers, self.id, self.tag))


def store_name(buildpack_id: str) -> str:
    """Return the last segment of an id."""
    return buildpack_id.rpartition("/")[2]


def read_release(dist: Path, package: DistPackage, *, notes: tuple[str, ...] = ()) -> PackageRelease:
    """Read a package of dist/ that is intact."""
    layout = LayoutStore(dist / package.layout)
    (entry,) = layout.index().manifests
    root = Manifest(entry.media_type, layout.file(entry).read_bytes())
    tree = read_tree(layout, root)
    sources = (BlobSource(blob.digest, blob.size, layout.file(blob)) for blob in tree.blobs)
    return PackageRelease(
        package.id,
        package.version,
        tree,
        Content(tuple(sources), tree.manifests),
        notes,
        package.variant,
        read_attachments(dist, package, tree.root),
    )
