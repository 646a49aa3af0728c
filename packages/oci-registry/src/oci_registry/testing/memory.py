"""An OCI registry in memory, which enforces what the specification asks of clients (OCI Distribution 1.1).

It answers like distribution 2.8 where that goes beyond or beside the specification. What they do differently:
this one checks Content-Range, and it has the referrers API unless told otherwise.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from oci_registry.content import INDEX, Manifest
from oci_registry.referrers_tag import as_referrer, referrers_index
from oci_registry.testing.access import Guard, RequestedScope
from oci_registry.testing.loopback import LoopbackServer, Received, Response
from oci_registry.testing.registry_contents import MemoryStore, Refusal

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping, Sequence
    from re import Match

_NAME = r"(?P<name>[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*)"
_DIGEST = r"(?P<digest>sha256:[0-9a-f]{64})"
_TARGET = r"(?P<target>sha256:[0-9a-f]{64}|[A-Za-z0-9_][A-Za-z0-9._-]{0,127})"
_WRITES = {"POST": "push", "PUT": "push", "PATCH": "push", "DELETE": "delete"}


@dataclass(frozen=True)
class Answered:
    """A request that was answered."""

    method: str
    target: str
    status: int
    authorization: str


class MemoryRegistry(LoopbackServer):
    """A registry on loopback. `store` is what it holds, `requests` what it was asked.

    Without `referrers` it lacks that API, as older ones do; without `mounts` it never mounts. With
    `whole_blobs` it takes a blob in the request that begins an upload.
    `enforce_references` refuses manifests whose parts are missing. `least_chunk` is the OCI-Chunk-Min-Length
    that it announces and enforces, in bytes; `most` the largest request body it takes.
    """

    def __init__(
        self,
        *,
        guard: Guard | None = None,
        tls: ssl.SSLContext | None = None,
        referrers: bool = True,
        mounts: bool = True,
        enforce_references: bool = True,
        whole_blobs: bool = False,
        least_chunk: int = 0,
        most: int | None = None,
        address: str = "127.0.0.1",
    ) -> None:
        super().__init__(tls=tls, address=address)
        self.store = MemoryStore(enforce_references=enforce_references)
        self.requests: list[Answered] = []
        self._guard = guard
        self._mounts = mounts
        self._referrers = referrers
        self._whole_blobs = whole_blobs
        self._least_chunk = least_chunk
        self._most = most
        self._routes: tuple[tuple[re.Pattern[str], Callable[[Received, Match[str]], Response]], ...] = (
            (re.compile(r"/v2/?"), lambda _request, _match: Response(200, {}, b"{}")),
            (re.compile(rf"/v2/{_NAME}/blobs/uploads/"), self._begin),
            (re.compile(rf"/v2/{_NAME}/blobs/uploads/(?P<upload>[^/]+)"), self._upload),
            (re.compile(rf"/v2/{_NAME}/blobs/{_DIGEST}"), self._blob),
            (re.compile(rf"/v2/{_NAME}/manifests/{_TARGET}"), self._manifest),
            (re.compile(r"/v2/_catalog"), self._catalog),
            (re.compile(rf"/v2/{_NAME}/tags/list"), self._tags),
            (re.compile(rf"/v2/{_NAME}/referrers/{_DIGEST}"), self._list_referrers),
        )

    def answer(self, request: Received) -> Response:
        """Answer a request, and note it down."""
        try:
            response = self._route(request)
        except Refusal as refusal:
            response = Response.error(refusal.status, refusal.code, refusal.message, **refusal.headers)
        authorization = request.headers.get("authorization", "")
        self.requests.append(Answered(request.method, request.target, response.status, authorization))
        headers = {"Docker-Distribution-Api-Version": "registry/2.0", **response.headers}
        return replace(response, headers=headers)

    def _route(self, request: Received) -> Response:
        for pattern, handle in self._routes:
            match = pattern.fullmatch(request.path)
            if match is None:
                continue
            refusal = self._guard.refuse(request, _requested_scopes(request, match)) if self._guard else None
            return refusal or handle(request, match)
        raise Refusal(404, "NAME_INVALID" if request.path.startswith("/v2/") else "NOT_FOUND")

    # blobs

    def _begin(self, request: Received, match: Match[str]) -> Response:
        _only(request, "POST")
        name, digest = match["name"], request.parameter("mount")
        if digest and self._mounts and self.store.mount(name, digest, request.parameter("from")):
            location = f"/v2/{name}/blobs/{digest}"
            return Response(201, {"Location": location, "Docker-Content-Digest": digest})
        upload, digest = self.store.begin(name), request.parameter("digest")
        if digest and self._whole_blobs and request.complete:
            self.store.append(name, upload, request.body)
            return self._committed(name, upload, digest)
        return self._accepted(name, upload, 0, status=202)

    def _committed(self, name: str, upload: str, digest: str) -> Response:
        self.store.commit(name, upload, digest)
        return Response(201, {"Location": f"/v2/{name}/blobs/{digest}", "Docker-Content-Digest": digest})

    def _upload(self, request: Received, match: Match[str]) -> Response:
        _only(request, "GET", "PATCH", "PUT", "DELETE")
        name, upload = match["name"], match["upload"]
        received = self.store.received(name, upload)
        if request.method == "GET":
            return self._accepted(name, upload, received, status=204)
        if request.method == "DELETE":
            self.store.cancel(name, upload)
            return Response(204)
        self._check_chunk(request, received, f"/v2/{name}/blobs/uploads/{upload}")
        received = self.store.append(name, upload, request.body)
        if request.method == "PATCH" or not request.complete:
            return self._accepted(name, upload, received, status=202)
        return self._committed(name, upload, request.parameter("digest"))

    def _check_chunk(self, request: Received, received: int, location: str) -> None:
        if self._most is not None and len(request.body) > self._most:
            raise Refusal(413, "SIZE_INVALID", "the body is too large")
        match = re.fullmatch(r"([0-9]+)-([0-9]+)", request.headers.get("content-range", "0-0"))
        if "content-range" in request.headers:
            length = int(request.headers.get("content-length", 0))
            if match is None or int(match[1]) != received or int(match[2]) - int(match[1]) + 1 != length:
                headers = {"Location": location, "Range": f"0-{max(0, received - 1)}"}
                raise Refusal(416, "BLOB_UPLOAD_INVALID", "not the next chunk", headers)
        if request.method == "PATCH" and request.complete and len(request.body) < self._least_chunk:
            raise Refusal(416, "BLOB_UPLOAD_INVALID", "the chunk is too small")

    def _accepted(self, name: str, upload: str, received: int, *, status: int) -> Response:
        headers = {
            "Location": f"/v2/{name}/blobs/uploads/{upload}?_state={received}",
            "Range": f"0-{max(0, received - 1)}",
            "Docker-Upload-UUID": upload,
        }
        if self._least_chunk:
            headers["OCI-Chunk-Min-Length"] = str(self._least_chunk)
        return Response(status, headers)

    def _blob(self, request: Received, match: Match[str]) -> Response:
        _only(request, "GET", "HEAD")
        content = self.store.blob(match["name"], match["digest"])
        headers = {"Content-Type": "application/octet-stream", "Docker-Content-Digest": match["digest"]}
        wanted = re.fullmatch(r"bytes=([0-9]+)-([0-9]*)", request.headers.get("range", ""))
        if wanted is None:
            return Response(200, headers, content)
        start, end = int(wanted[1]), min(int(wanted[2] or len(content)), len(content) - 1)
        if start > end:
            raise Refusal(416, "RANGE_INVALID", headers={"Content-Range": f"bytes */{len(content)}"})
        headers["Content-Range"] = f"bytes {start}-{end}/{len(content)}"
        return Response(206, headers, content[start : end + 1])

    # manifests

    def _manifest(self, request: Received, match: Match[str]) -> Response:
        _only(request, "GET", "HEAD", "PUT", "DELETE")
        name, target = match["name"], match["target"]
        if request.method == "DELETE":
            self.store.delete_manifest(name, target)
            return Response(202)
        if request.method == "PUT":
            return self._put_manifest(request, name, target)
        manifest = self.store.manifest(name, target)
        accepted = [entry.split(";")[0].strip() for entry in request.headers.get("accept", "").split(",")]
        if manifest.media_type not in accepted and "*/*" not in accepted:
            raise Refusal(404, "MANIFEST_UNKNOWN", f"{manifest.media_type} is not in Accept")
        headers = {"Content-Type": manifest.media_type, "Docker-Content-Digest": manifest.digest}
        return Response(200, headers, manifest.content)

    def _put_manifest(self, request: Received, name: str, target: str) -> Response:
        if not request.complete:
            raise Refusal(400, "MANIFEST_INVALID")
        manifest = Manifest(request.headers.get("content-type", ""), request.body)
        digest = self.store.put_manifest(name, target, manifest)
        headers = {"Location": f"/v2/{name}/manifests/{digest}", "Docker-Content-Digest": digest}
        if self._referrers and manifest.subject:
            headers["OCI-Subject"] = manifest.subject.digest
        return Response(201, headers)

    def _tags(self, request: Received, match: Match[str]) -> Response:
        _only(request, "GET")
        name = match["name"]
        return _page(request, "tags", self.store.tags(name), {"name": name})

    def _catalog(self, request: Received, _match: Match[str]) -> Response:
        _only(request, "GET")
        return _page(request, "repositories", self.store.repositories(), {})

    def _list_referrers(self, request: Received, match: Match[str]) -> Response:
        _only(request, "GET")
        if not self._referrers:
            raise Refusal(404, "UNSUPPORTED")
        found = map(as_referrer, self.store.referrers(match["name"], match["digest"]))
        kind = request.parameter("artifactType")
        shown = [entry for entry in found if kind in ("", entry.extra["artifactType"])]
        response = Response.of_json(referrers_index(shown).document, media_type=INDEX)
        filters = {"OCI-Filters-Applied": "artifactType"} if kind else {}
        return Response(200, {**response.headers, **filters}, response.body)


def _page(request: Received, key: str, names: Sequence[str], more: Mapping[str, str]) -> Response:
    last = request.parameter("last")
    left = [name for name in names if name > last]
    count = int(request.parameter("n") or len(left))
    response = Response.of_json({**more, key: left[:count]})
    if not count or len(left) <= count:
        return response
    link = f'<{request.path}?n={count}&last={left[count - 1]}>; rel="next"'
    return Response(200, {**response.headers, "Link": link}, response.body)


def _only(request: Received, *methods: str) -> None:
    if request.method not in methods:
        raise Refusal(405, "UNSUPPORTED")


def _requested_scopes(request: Received, match: Match[str]) -> tuple[RequestedScope, ...]:
    name = match.groupdict().get("name")
    if name is None:
        return ()
    action = _WRITES.get(request.method, "pull")
    scopes = (RequestedScope(name, action if "/uploads/" not in request.path else "push"),)
    source = request.parameter("from")
    return (*scopes, RequestedScope(source, "pull")) if source else scopes
