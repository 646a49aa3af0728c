"""One upload session of a registry (OCI Distribution 1.1, 'Pushing blobs').

The registry gives a Location, which changes with every answer and is not to be understood; what it has
received so far can be asked for after a loss.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit, urlunsplit

from buildpack_common.parsing import parse_count
from oci_registry.errors import ContentMismatchError, NotFoundError, UnavailableError
from oci_registry.remote.scope import pull, push, union

if TYPE_CHECKING:
    from oci_registry.remote.response import Reply
    from oci_registry.remote.transport import Transport
    from oci_registry.remote.window import Window

_CREATED, _ACCEPTED = 201, 202
_RECEIVED = re.compile(r"(?:bytes[ =])?0-([0-9]{1,18})")


@dataclass
class UploadSession:
    """An upload under way: `offset` bytes have arrived, `least` is the smallest chunk the registry takes.

    No request is repeated in here: whoever drives the session knows better what a failure means.
    """

    transport: Transport
    repository: str
    location: str
    offset: int = 0
    least: int = 0

    @classmethod
    def start(cls, transport: Transport, repository: str) -> UploadSession:
        """Begin an upload."""
        path = f"/v2/{repository}/blobs/uploads/"
        reply = transport.request(
            "POST",
            path,
            expect={_ACCEPTED},
            repository=repository,
            scopes=push(repository),
            retried=False,
        )
        return cls._of(transport, repository, reply)

    @classmethod
    def whole(
        cls, transport: Transport, repository: str, digest: str, window: Window
    ) -> UploadSession | None:
        """Send a whole blob at once ("Single POST"): None if the registry takes it, else an upload begun."""
        reply = transport.request(
            "POST",
            f"/v2/{repository}/blobs/uploads/?{urlencode({'digest': digest})}",
            expect={_CREATED, _ACCEPTED},
            repository=repository,
            scopes=push(repository),
            headers={"Content-Type": "application/octet-stream"},
            body=window,
            retried=False,
        )
        if reply.status == _ACCEPTED:
            return cls._of(transport, repository, reply)
        _check_stored(transport, reply, digest)
        return None

    @classmethod
    def mount(cls, transport: Transport, repository: str, digest: str, source: str) -> UploadSession | None:
        """Take a blob over from another repository; None if that worked, else an upload begun."""
        query = urlencode({"mount": digest, "from": source})
        reply = transport.request(
            "POST",
            f"/v2/{repository}/blobs/uploads/?{query}",
            expect={_CREATED, _ACCEPTED},
            repository=repository,
            scopes=union(push(repository), pull(source)),
        )
        return None if reply.status == _CREATED else cls._of(transport, repository, reply)

    @classmethod
    def _of(cls, transport: Transport, repository: str, reply: Reply) -> UploadSession:
        session = cls(transport, repository, "")
        session._moved(reply)
        if not session.location:
            raise UnavailableError(f"{transport.registry} began an upload without a Location", transient=True)
        least = reply.headers.get("OCI-Chunk-Min-Length", "")
        session.least = parse_count(least) or 0
        return session

    def append(self, window: Window) -> None:
        """Send the next chunk, which starts at `offset`."""
        reply = self._send("PATCH", self.location, window, _ACCEPTED)
        self._moved(reply)
        self.offset = window.end
        match = _RECEIVED.fullmatch(reply.headers.get("Range", ""))
        if match is not None and window.start < int(match[1]) + 1 < window.end:
            self.offset = int(match[1]) + 1  # it kept only a part

    def finish(self, digest: str, rest: Window | None) -> None:
        """Close the upload, with the last bytes if any. Raises ContentMismatchError if it went wrong."""
        parts = urlsplit(self.location)
        query = "&".join(filter(None, (parts.query, urlencode({"digest": digest}))))
        reply = self._send("PUT", urlunsplit(parts._replace(query=query)), rest, _CREATED)
        _check_stored(self.transport, reply, digest)

    def locate(self) -> None:
        """Ask how much has arrived.

        Raises NotFoundError if the session is gone, or if the answer does not tell: some registries say `0-0`
        of nothing as well as of one byte.
        """
        reply = self.transport.request(
            "GET",
            self.location,
            expect={200, 202, 204},
            repository=self.repository,
            scopes=push(self.repository),
            retried=False,
        )
        self._moved(reply)
        match = _RECEIVED.fullmatch(reply.headers.get("Range", ""))
        if match is None or int(match[1]) == 0:
            raise NotFoundError(f"{self.transport.registry} does not say how much of the upload it has")
        self.offset = int(match[1]) + 1

    def _send(self, method: str, url: str, window: Window | None, expected: int) -> Reply:
        headers = {"Content-Type": "application/octet-stream"}
        if window is not None and (method == "PATCH" or window.start > 0):
            headers["Content-Range"] = f"{window.start}-{window.end - 1}"
        return self.transport.request(
            method,
            url,
            expect={expected},
            repository=self.repository,
            scopes=push(self.repository),
            headers=headers,
            body=b"" if window is None else window,
            retried=False,
        )

    def _moved(self, reply: Reply) -> None:
        location = reply.headers.get("Location")
        if location:
            self.location = self.transport.check_location(reply, location)


def _check_stored(transport: Transport, reply: Reply, digest: str) -> None:
    stored = reply.headers.get("Docker-Content-Digest", digest)
    if stored != digest:
        raise ContentMismatchError(f"{transport.registry} stored {stored} instead of {digest}")
