"""What refers to a manifest, where nobody lists it (OCI Distribution 1.1, 'Referrers Tag Schema').

Registries without the referrers API, and layouts, keep an index of it under the tag `sha256-<hex>`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from oci_registry.content import INDEX, Manifest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from oci_registry.content import Descriptor


def fallback_tag(digest: str) -> str:
    """Return the tag that stands in for the referrers of a digest."""
    return digest.replace(":", "-", 1)


def subject_of(manifests: Iterable[Manifest]) -> str:
    """Return the digest of the one subject that manifests have. Raises ValueError."""
    subjects = {one.subject.digest if one.subject else "" for one in manifests}
    if len(subjects) != 1 or "" in subjects:
        msg = "referrers must have a subject, and all the same one"
        raise ValueError(msg)
    return subjects.pop()


def referrers_index(descriptors: Iterable[Descriptor]) -> Manifest:
    """Make the index that stands under the fallback tag."""
    return Manifest.from_json(
        {
            "schemaVersion": 2,
            "mediaType": INDEX,
            "manifests": [descriptor.to_json() for descriptor in descriptors],
        }
    )


def as_referrer(manifest: Manifest) -> Descriptor:
    """Describe a referrer as the referrers API would: with its artifact type and annotations."""
    config = manifest.config
    artifact_type = manifest.document.get("artifactType") or (config.media_type if config else "")
    extra: dict[str, object] = {"artifactType": artifact_type}
    if manifest.document.get("annotations"):
        extra["annotations"] = manifest.document["annotations"]
    return manifest.descriptor(**extra)
