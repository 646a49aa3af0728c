"""The manifests and tags of one repository."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from buildpack_common.parsing import parse_count, parse_json
from oci_registry.content import MANIFEST_TYPES, Descriptor, Manifest, is_digest
from oci_registry.errors import ContentMismatchError, NotFoundError, RegistryError
from oci_registry.reference import is_tag
from oci_registry.remote.paging import pages
from oci_registry.remote.scope import pull, push

if TYPE_CHECKING:
    from oci_registry.remote.response import Reply
    from oci_registry.remote.transport import Transport

_LIMIT = 4 * 1024 * 1024  # the size that every registry must take (OCI Distribution 1.1), and most stop at
_LIST_LIMIT = 16 * 1024 * 1024
_MOST_TAGS = 500_000
_OK, _CREATED = 200, 201
_ACCEPT = {"Accept": ", ".join(MANIFEST_TYPES)}


@dataclass(frozen=True)
class Manifests:
    """The manifests of `repository`. A target is a tag or a digest."""

    transport: Transport
    repository: str

    def get(self, target: str) -> Manifest:
        """Read a manifest or index; its bytes are checked against the digest asked for or named.

        Raises NotFoundError, ContentMismatchError.
        """
        reply = self._read("GET", target)
        manifest = Manifest(_media_type(reply), reply.body)
        _check_digest(manifest, target if is_digest(target) else None, reply)
        return manifest

    def find(self, target: str) -> Manifest | None:
        """Like get; None if it is absent."""
        try:
            return self.get(target)
        except NotFoundError:
            return None

    def head(self, target: str) -> Descriptor | None:
        """Describe a manifest without reading it; None if it is absent, which only 404 means."""
        try:
            reply = self._read("HEAD", target)
        except NotFoundError:
            return None
        digest = reply.headers.get("Docker-Content-Digest", "")
        length = parse_count(reply.headers.get("Content-Length", ""))
        if not is_digest(digest) or length is None:  # old registries leave them out
            manifest = self.find(target)
            return manifest.descriptor() if manifest else None
        if is_digest(target) and digest != target:
            raise ContentMismatchError(f"{self.transport.registry} gave {digest} for the manifest {target}")
        return Descriptor(_bare(reply.headers.get("Content-Type", "")), digest, length)

    def put(self, manifest: Manifest, tag: str | None = None) -> Reply:
        """Store a manifest or index under its digest, or under a tag; all it refers to must be there.

        Raises RejectedError if something is missing there, RegistryConflictError if the tag may not change,
        ContentMismatchError if the registry stored something else.
        """
        if tag is not None and not is_tag(tag):
            raise RegistryError(f"not a tag: {tag!r}")
        reply = self.transport.request(
            "PUT",
            self._path(tag or manifest.digest),
            expect={_CREATED},
            repository=self.repository,
            scopes=push(self.repository),
            headers={"Content-Type": manifest.media_type},
            body=manifest.content,
        )
        stored = reply.headers.get("Docker-Content-Digest", manifest.digest)
        if stored != manifest.digest:
            raise ContentMismatchError(
                f"{self.transport.registry} stored {stored} instead of the manifest {manifest.digest}"
            )
        return reply

    def tags(self) -> tuple[str, ...]:
        """List the tags, in the registry's order; none if there is no such repository."""
        what, found = f"the list of tags of {self.repository}", dict[str, None]()
        path = f"/v2/{self.repository}/tags/list"
        for reply in pages(self.transport, path, self._tags_page, what=what):
            found.update(dict.fromkeys(_tags(reply)))
            if len(found) > _MOST_TAGS:
                raise RegistryError(f"{what} does not end")
        return tuple(found)

    def has_repository(self) -> bool:
        """Return whether there is such a repository; many registries say so of none without tags."""
        return self._tags_page(f"/v2/{self.repository}/tags/list?{urlencode({'n': 1})}") is not None

    def _tags_page(self, url: str) -> Reply | None:
        try:
            return self.transport.request(
                "GET",
                url,
                expect={_OK},
                repository=self.repository,
                scopes=pull(self.repository),
                limit=_LIST_LIMIT,
            )
        except NotFoundError:
            return None

    def _read(self, method: str, target: str) -> Reply:
        return self.transport.request(
            method,
            self._path(target),
            expect={_OK},
            repository=self.repository,
            scopes=pull(self.repository),
            headers=_ACCEPT,
            limit=_LIMIT,
        )

    def _path(self, target: str) -> str:
        return f"/v2/{self.repository}/manifests/{target}"


def _bare(content_type: str) -> str:
    """Return a media type without parameters."""
    return content_type.partition(";")[0].strip().lower()


def _media_type(reply: Reply) -> str:
    """Return a manifest's media type: the header's if it is one, else what the manifest says."""
    header = _bare(reply.headers.get("Content-Type", ""))
    if header in MANIFEST_TYPES:
        return header
    inside = Manifest(header, reply.body).document.get("mediaType")
    if inside not in MANIFEST_TYPES:
        raise ContentMismatchError(
            f"not a manifest or index that we know: {inside or header or 'no media type'}"
        )
    return str(inside)


def _check_digest(manifest: Manifest, asked: str | None, reply: Reply) -> None:
    for expected in (asked, reply.headers.get("Docker-Content-Digest")):
        if expected and is_digest(expected) and manifest.digest != expected:
            raise ContentMismatchError(f"the manifest {expected} has other bytes: {manifest.digest}")


def _tags(reply: Reply) -> list[str]:
    try:
        document = parse_json(reply.body)
        tags = document.get("tags") or []
        return [tag for tag in tags if isinstance(tag, str) and is_tag(tag)]
    except (ValueError, AttributeError, TypeError):
        raise RegistryError("the list of tags is not what a registry answers") from None
