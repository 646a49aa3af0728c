"""What refers to a manifest: signatures, SBOMs, provenance (OCI Distribution 1.1, 'Listing Referrers').

Registries older than that keep an index under the tag `sha256-<hex>`, which the client maintains.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from buildpack_release.registry.content import OCI_INDEX, Descriptor, Manifest
from buildpack_release.registry.errors import (
    NotFoundError,
    RegistryConflictError,
    RegistryError,
    RejectedError,
)
from buildpack_release.registry.manifests import Manifests
from buildpack_release.registry.paging import next_page
from buildpack_release.registry.push import is_late, put_patiently
from buildpack_release.registry.scope import pull

if TYPE_CHECKING:
    from collections.abc import Iterator

    from buildpack_release.registry.transport import Transport

_OK = 200
_LIMIT = 4 * 1024 * 1024
_MOST_ROUNDS = 5


def fallback_tag(digest: str) -> str:
    """Give the tag that stands in for the referrers of a digest."""
    return digest.replace(":", "-", 1)


@dataclass(frozen=True)
class Referrers:
    """The referrers of the manifests of `repository`."""

    transport: Transport
    repository: str

    def list(self, digest: str, artifact_type: str | None = None) -> tuple[Descriptor, ...]:
        """Give what refers to a digest, of one artifact type if one is given."""
        found = self._from_api(digest, artifact_type)
        if found is None:
            found = self._fallback(digest)
            if found:  # there is such an index: this registry need not be asked again
                self.transport.has_referrers = False
        return tuple(one for one in found if artifact_type in (None, one.extra.get("artifactType")))

    def attach(self, manifest: Manifest) -> None:
        """Store a manifest with a subject, so that it is found from there, on old registries too.

        On those it is added to what the index under the fallback tag has. A manifest that is there already,
        because an earlier run was interrupted, is not stored again.
        """
        subject = manifest.subject
        if subject is None:
            msg = "a referrer must have a subject"
            raise ValueError(msg)
        manifests = Manifests(self.transport, self.repository)
        if manifests.head(manifest.digest) is None or self._from_api(subject.digest) is not None:
            reply = put_patiently(manifests, manifest)
            if reply.headers.get("OCI-Subject") == subject.digest or self._lists(subject.digest, manifest):
                return  # without the header the answer may just have been cut off
        self._add_to_fallback(subject.digest, as_referrer(manifest))

    def _lists(self, digest: str, manifest: Manifest) -> bool:
        return any(one.digest == manifest.digest for one in self._from_api(digest) or ())

    def _from_api(self, digest: str, artifact_type: str | None = None) -> tuple[Descriptor, ...] | None:
        """Ask the registry; None if it does not know referrers, which each old one says in its way."""
        if not self.transport.has_referrers:
            return None
        try:
            return tuple(self._pages(digest, artifact_type))
        except (NotFoundError, RejectedError):
            return None

    def _pages(self, digest: str, artifact_type: str | None) -> Iterator[Descriptor]:
        query = "?" + urlencode({"artifactType": artifact_type}) if artifact_type else ""
        url: str | None = f"/v2/{self.repository}/referrers/{digest}{query}"
        while url is not None:
            reply = self.transport.request(
                "GET",
                url,
                expect={_OK},
                repository=self.repository,
                scopes=pull(self.repository),
                headers={"Accept": OCI_INDEX},
                limit=_LIMIT,
            )
            yield from Manifest(OCI_INDEX, reply.body).manifests
            following = next_page(self.transport, reply)
            url = following if following != url else None

    def _fallback(self, digest: str) -> tuple[Descriptor, ...]:
        index = Manifests(self.transport, self.repository).find(fallback_tag(digest))
        return index.manifests if index is not None and index.is_index else ()

    def _add_to_fallback(self, digest: str, referrer: Descriptor) -> None:
        """Add to the index under the fallback tag; look again, since others may write at the same time."""
        manifests = Manifests(self.transport, self.repository)
        attempts = manifests.transport.attempts()
        for _ in range(_MOST_ROUNDS):
            known = self._fallback(digest)
            if any(one.digest == referrer.digest for one in known):
                return
            try:
                manifests.put(referrers_index((*known, referrer)), fallback_tag(digest))
            except RegistryError as error:
                error.transient = is_late(error)
                attempts.failed(error)
        if all(one.digest != referrer.digest for one in self._fallback(digest)):
            raise RegistryConflictError(
                f"others keep writing the referrers of {digest}", advice="try again when they are done"
            )


def referrers_index(descriptors: tuple[Descriptor, ...]) -> Manifest:
    """Make the index that stands under the fallback tag."""
    return Manifest.from_json(
        {
            "schemaVersion": 2,
            "mediaType": OCI_INDEX,
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
