"""What refers to a manifest: signatures, SBOMs, provenance (OCI Distribution 1.1, 'Listing Referrers').

Registries older than that keep an index under the tag `sha256-<hex>`, which the client maintains.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from oci_registry.content import INDEX, Descriptor, Manifest
from oci_registry.errors import (
    AccessDeniedError,
    ContentMismatchError,
    RegistryConflictError,
    RegistryError,
    UnavailableError,
)
from oci_registry.referrers_tag import as_referrer, fallback_tag, referrers_index, subject_of
from oci_registry.remote.manifests import Manifests
from oci_registry.remote.paging import next_page
from oci_registry.remote.push import is_late, put_patiently
from oci_registry.remote.scope import pull

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from oci_registry.remote.response import Reply
    from oci_registry.remote.transport import Transport
    from oci_registry.store import Enough

_OK, _TOO_MANY_REQUESTS, _SERVER_ERROR = 200, 429, 500
_LIMIT = 4 * 1024 * 1024
_MOST_ROUNDS = 5
_MOST_PAGES = 100


@dataclass(frozen=True)
class Referrers:
    """The referrers of the manifests of `repository`."""

    transport: Transport
    repository: str

    def list(
        self, digest: str, artifact_type: str | None = None, *, enough: Enough | None = None
    ) -> tuple[Descriptor, ...]:
        """Return what refers to a digest, of one artifact type if one is given.

        A registry that lacked the API when it was last asked is not asked for it if it has `enough` under the
        fallback tag.
        """
        if enough is not None and self.transport.has_referrers is None and self.transport.lacked_referrers:
            there = self._fallback(digest)
            if enough(there):
                return there
        found = self._from_api(digest, artifact_type)
        if found is None:
            found = self._fallback(digest)
        return tuple(one for one in found if artifact_type in (None, one.extra.get("artifactType")))

    def attach(self, *manifests: Manifest, absent: bool = False) -> None:
        """Store manifests with one subject, so that they are found from there, on old registries too.

        On those they are added to what the index under the fallback tag has. A manifest that is there
        already, because an earlier run was interrupted, is not stored again; if none can be, they are known
        to be `absent`. One after the other: some registries list only one of two that are put at the same
        moment; what is not listed is put again. Raises UnavailableError if it stays so.
        """
        subject = subject_of(manifests)
        unlisted = [as_referrer(one) for one in manifests if not self._store(one, subject, absent=absent)]
        if unlisted:
            self._add_to_fallback(subject, unlisted)
        if len(unlisted) < len(manifests):
            self._put_unlisted(subject, manifests)

    def _store(self, manifest: Manifest, subject: str, *, absent: bool) -> bool:
        """Store a manifest; whether the registry lists it by itself.

        Where the API has answered like a broken server, what is there is put all the same: a registry that
        has the API says so then ("Pushing Manifests with Subject"), and no fallback tag comes into being
        beside what it will list again.
        """
        manifests = Manifests(self.transport, self.repository)
        is_there = not absent and manifests.head(manifest.digest) is not None
        if is_there and self._from_api(subject) is None and not self.transport.referrers_failed:
            return False
        reply = put_patiently(manifests, manifest)
        if reply.headers.get("OCI-Subject") == subject:
            self.transport.has_referrers = True
            return True
        return not self._unlisted(subject, [manifest])  # the answer may just have been cut off

    def _put_unlisted(self, subject: str, manifests: Sequence[Manifest]) -> None:
        """Put again what the registry took and does not list; other publishers may do the same now."""
        lost = self._unlisted(subject, manifests)
        for _ in range(_MOST_ROUNDS):
            if not lost:
                return
            for one in lost:
                put_patiently(Manifests(self.transport, self.repository), one)
            lost = self._unlisted(subject, manifests)
        if lost:
            raise UnavailableError(
                f"{self.transport.registry} took documents about {subject}, and does not list them",
                detail="\n".join(one.digest for one in lost),
                advice="Run the same command again: what is not listed is put once more.",
            )

    def _unlisted(self, subject: str, manifests: Iterable[Manifest]) -> tuple[Manifest, ...]:
        """Return those of the manifests that the registry does not list."""
        listed = {one.digest for one in self._from_api(subject) or ()}
        return tuple(one for one in manifests if one.digest not in listed)

    def _from_api(self, digest: str, artifact_type: str | None = None) -> tuple[Descriptor, ...] | None:
        """Ask the registry; None if it does not know referrers. The first to ask finds that out for all."""
        answer: list[tuple[Descriptor, ...] | None] = []

        def find_out() -> None:
            if self.transport.has_referrers is None:
                first = self._first_page(digest, artifact_type)
                self.transport.has_referrers = first is not None
                answer.append(tuple(self._pages(first, digest)) if first is not None else None)

        self.transport.asking_for_referrers.run("referrers", find_out)
        if answer:
            return answer[0]
        if not self.transport.has_referrers:
            return None
        return tuple(self._pages(self._page(_route(self.repository, digest, artifact_type)), digest))

    def _first_page(self, digest: str, artifact_type: str | None) -> Reply | None:
        """Ask a registry that nobody has asked yet; None if it has no such route.

        Each has its way to say so: 404 as the standard wants, 400, 405, 500, a page for people, the way to
        one. But one that does not let us in, or has had enough of us (401, 403, 429), has said nothing about
        the route; nor has silence.
        """
        try:
            reply = self._page(_route(self.repository, digest, artifact_type))
        except AccessDeniedError:
            raise
        except RegistryError as error:
            if error.status in (None, _TOO_MANY_REQUESTS):
                raise
            self.transport.referrers_failed = error.status >= _SERVER_ERROR
            return None
        return reply if _is_index(reply) else None

    def _page(self, url: str) -> Reply:
        """Read one page. The registry's own answer counts: not what stands where it sends us."""
        return self.transport.request(
            "GET",
            url,
            expect={_OK},
            repository=self.repository,
            scopes=pull(self.repository),
            headers={"Accept": INDEX},
            limit=_LIMIT,
            stays=True,
        )

    def _pages(self, reply: Reply, digest: str) -> Iterator[Descriptor]:
        for number in range(1, _MOST_PAGES + 1):
            yield from Manifest(INDEX, reply.body).manifests
            following = next_page(self.transport, reply)
            if following is None or following == reply.url:
                return
            if number < _MOST_PAGES:
                reply = self._page(following)
        raise RegistryError(f"the list of referrers of {digest} does not end")

    def _fallback(self, digest: str) -> tuple[Descriptor, ...]:
        """Read the index under the fallback tag. Where it resolves to the subject itself there is none."""
        index = Manifests(self.transport, self.repository).find(fallback_tag(digest))
        return index.manifests if index is not None and index.is_index and index.digest != digest else ()

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


def _route(repository: str, digest: str, artifact_type: str | None) -> str:
    query = "?" + urlencode({"artifactType": artifact_type}) if artifact_type else ""
    return f"/v2/{repository}/referrers/{digest}{query}"


def _is_index(reply: Reply) -> bool:
    """Return whether an answer is what the referrers API gives: an index, and said to be one."""
    media_type = reply.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    try:
        return media_type == INDEX and isinstance(Manifest(INDEX, reply.body).manifests, tuple)
    except ContentMismatchError:
        return False


def _without(referrers: Iterable[Descriptor], known: Iterable[Descriptor]) -> list[Descriptor]:
    digests = {one.digest for one in known}
    return [one for one in referrers if one.digest not in digests]
