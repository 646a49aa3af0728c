"""The documents that are stored beside an image: its provenance and its SBOM (OCI 1.1 referrers).

A document is known by its artifact type and its name, not by its bytes: the provenance of whoever published
the same content first counts, and stays the only one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_release.attestation import package_sbom, provenance
from buildpack_release.attestation.provenance import Statement
from buildpack_release.dist.manifest import PROVENANCE_SUFFIX
from oci_registry.blob_source import BlobSource
from oci_registry.content import EMPTY, MANIFEST, Manifest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from buildpack_release.dist.manifest import DistPackage
    from oci_registry.content import Descriptor

TITLE = "org.opencontainers.image.title"
REVISION = "org.opencontainers.image.revision"
PREDICATE = "in-toto.io/predicate-type"
_EMPTY_CONFIG = BlobSource.from_bytes(b"{}")


@dataclass(frozen=True)
class DocumentKind:
    """A kind of document: what people call it, its media type, and how its file name ends."""

    label: str
    media_type: str
    suffix: str

    def title(self, buildpack_id: str, tag: str) -> str:
        """Return the name of the document of a buildpack: that of its file in dist/."""
        return f"{buildpack_id.replace('/', '_')}-{tag}{self.suffix}"

    def among(self, referrers: Iterable[Descriptor], buildpack_id: str, tag: str) -> tuple[Descriptor, ...]:
        """Find the documents of this kind and buildpack.

        Tools that copy an index may leave out the artifact types in it (skopeo does); the title stays.
        """
        title, types = self.title(buildpack_id, tag), (None, self.media_type)
        return tuple(
            one
            for one in referrers
            if one.extra.get("artifactType") in types and one.annotations.get(TITLE) == title
        )


PROVENANCE = DocumentKind("provenance", provenance.MEDIA_TYPE, PROVENANCE_SUFFIX)
SBOM = DocumentKind("SBOM", package_sbom.MEDIA_TYPE, package_sbom.SUFFIX)
KINDS = (PROVENANCE, SBOM)


@dataclass(frozen=True)
class Attachment:
    """A document in dist/ and the manifest that ties it to an image."""

    kind: DocumentKind
    manifest: Manifest
    blobs: tuple[BlobSource, ...]


def read_attachments(dist: Path, package: DistPackage, subject: Manifest) -> tuple[Attachment, ...]:
    """Read the documents of a package that is fit to be published."""
    statement = Statement.parse((dist / package.provenance).read_bytes())
    revision = statement.revision if statement else ""
    said = {PREDICATE: provenance.PREDICATE, **({REVISION: revision} if revision else {})}
    return (
        _attachment(PROVENANCE, dist / package.provenance, subject, said),
        _attachment(SBOM, dist / package.sbom.path, subject, {}),
    )


def _attachment(kind: DocumentKind, path: Path, subject: Manifest, annotations: dict[str, str]) -> Attachment:
    """Make the manifest as the specification says for artifacts (image-spec 1.1, "Artifact Usage")."""
    document = BlobSource.from_bytes(path.read_bytes())
    layer = document.descriptor(kind.media_type).to_json(annotations={TITLE: path.name})
    manifest = Manifest.from_json(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": kind.media_type,
            "config": _EMPTY_CONFIG.descriptor(EMPTY).to_json(),
            "layers": [layer],
            "subject": subject.descriptor().to_json(),
            "annotations": {TITLE: path.name, **annotations},
        }
    )
    return Attachment(kind, manifest, (_EMPTY_CONFIG, document))
