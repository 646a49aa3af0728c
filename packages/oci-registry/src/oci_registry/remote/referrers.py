"""What refers to a manifest: signatures, SBOMs, provenance (OCI Distribution 1.1, 'Listing Referrers').

Registries older than that keep an index under the tag `sha256-<hex>`, which the client maintains.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from oci_registry.content import INDEX, Descriptor, Manifest
from oci_registry.errors import NotFoundError, RegistryConflictError, RegistryError, RejectedError
from oci_registry.parallel import in_parallel
from oci_registry.referrers_tag import as_referrer, fallback_tag, referrers_index, subject_of
from oci_registry.remote.manifests import Manifests
from oci_registry.remote.paging import next_page
from oci_registry.remote.push import is_late, put_patiently
from oci_registry.remote.scope import pull

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from oci_registry.remote.transport import Transport

_OK = 200
_LIMIT = 4 * 1024 * 1024
_MOST_ROUNDS = 5


@dataclass(frozen=True)
class Referrers:
    """The referrers of the manifests of `repository`."""

    transport: Transport
    repository: str

    def list(self, digest: str, artifact_type: str | None = None) -> tuple[Descriptor, ...]:
        """Return what refers to a digest, of one artifact type if one is given."""
        found = self._from_api(digest, artifact_type)
        if found is None:
            found = self._fallback(digest)
        return tuple(one for one in found if artifact_type in (None, one.extra.get("artifactType")))

    def attach(self, *manifests: Manifest) -> None:
        """Store manifests with one subject, so that they are found from there, on old registries too.

        On those they are added to what the index under the fallback tag has. A manifest that is there
        already, because an earlier run was interrupted, is not stored again.
        """
        subject = subject_of(manifests)
        listed = in_parallel(lambda one: self._store(one, subject), manifests)
        unlisted = [
            as_referrer(one) for one, is_listed in zip(manifests, listed, strict=True) if not is_listed
        ]
        if unlisted:
            self._add_to_fallback(subject, unlisted)

    def _store(self, manifest: Manifest, subject: str) -> bool:
        """Store a manifest; whether the registry lists it by itself."""
        manifests = Manifests(self.transport, self.repository)
        if manifests.head(manifest.digest) is not None and self._from_api(subject) is None:
            return False
        reply = put_patiently(manifests, manifest)
        if reply.headers.get("OCI-Subject") == subject:
            self.transport.has_referrers = True
            return True
        return self._lists(subject, manifest)  # the answer may just have been cut off

    def _lists(self, digest: str, manifest: Manifest) -> bool:
        return any(one.digest == manifest.digest for one in self._from_api(digest) or ())

    def _from_api(self, digest: str, artifact_type: str | None = None) -> tuple[Descriptor, ...] | None:
        """Ask the registry; None if it does not know referrers. The first to ask finds that out for all."""
        with self.transport.asking_for_referrers:
            if self.transport.has_referrers is None:
                found = self._ask(digest, artifact_type)
                self.transport.has_referrers = found is not None
                return found
        return self._ask(digest, artifact_type) if self.transport.has_referrers else None

    def _ask(self, digest: str, artifact_type: str | None) -> tuple[Descriptor, ...] | None:
        """Each old registry has its way to say that there is nothing to ask (the standard wants 404)."""
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
                headers={"Accept": INDEX},
                limit=_LIMIT,
            )
            yield from Manifest(INDEX, reply.body).manifests
            following = next_page(self.transport, reply)
            url = following if following != url else None

    def _fallback(self, digest: str) -> tuple[Descriptor, ...]:
        index = Manifests(self.transport, self.repository).find(fallback_tag(digest))
        return index.manifests if index is not None and index.is_index else ()

    def _add_to_fallback(self, digest: str, referrers: Sequence[Descriptor]) -> None:
        """Add to the index under the fallback tag; look again, since others may write at the same time."""
        manifests = Manifests(self.transport, self.repository)
        attempts = manifests.transport.attempts()
        for _ in range(_MOST_ROUNDS):
            known = self._fallback(digest)
            missing = _without(referrers, known)
            if not missing:
                return
            try:
                manifests.put(referrers_index((*known, *missing)), fallback_tag(digest))
            except RegistryError as error:
                error.transient = is_late(error)
                attempts.failed(error)
        if _without(referrers, self._fallback(digest)):
            raise RegistryConflictError(
                f"others keep writing the referrers of {digest}", advice="try again when they are done"
            )


def _without(referrers: Iterable[Descriptor], known: Iterable[Descriptor]) -> list[Descriptor]:
    digests = {one.digest for one in known}
    return [one for one in referrers if one.digest not in digests]
