"""An HTTP answer whose body is read with care: never more than asked for, exactly the bytes sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from urllib3.exceptions import HTTPError

from buildpack_common.parsing import parse_count
from oci_registry.errors import RegistryError, UnavailableError
from oci_registry.remote.error_answers import redacted
from oci_registry.remote.faults import may_pass, reason

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import urllib3

    from buildpack_common.http_pace import Pace

ERROR_LIMIT = 64 * 1024  # of an error's body, in bytes
_PIECE = 256 * 1024


class RegistryResponse:
    """Status and headers, with the body still to come. Close it, or read it to its end."""

    def __init__(self, response: urllib3.BaseHTTPResponse, method: str, url: str, pace: Pace) -> None:
        self._response = response
        self._pace = pace
        self.method = method
        self.url = url
        self.status: int = response.status
        self.headers: Mapping[str, str] = response.headers  # names in any case

    @property
    def length(self) -> int:
        """How many bytes the body has; -1 if the server does not say."""
        found = parse_count(self.headers.get("Content-Length", ""))
        return -1 if found is None else found

    def stream(self, most: int | None = None) -> Iterator[bytes]:
        """Return the body piece by piece, not decoded; of a longer one than `most`, hardly more than that.

        Raises UnavailableError if it breaks off, or comes too slowly.
        """
        piece = _PIECE if most is None else min(_PIECE, most + 1)
        try:
            for data in self._response.stream(piece, decode_content=False):
                self._pace.consumed(len(data))
                yield data
        except (HTTPError, OSError) as error:
            raise UnavailableError(
                f"the answer of {redacted(self.url)} broke off",
                detail=reason(error),
                transient=may_pass(error),
            ) from error
        finally:
            self.close()

    def read(self, limit: int) -> bytes:
        """Read the body. Raises RegistryError if it has, or the server announces, more than `limit` bytes."""
        announced = self.method != "HEAD" and self.length > limit
        body = self.read_some(0 if announced else limit + 1)
        if announced or len(body) > limit:
            raise RegistryError(f"the answer of {redacted(self.url)} has more than {limit} bytes")
        return body

    def read_some(self, limit: int = ERROR_LIMIT) -> bytes:
        """Read at most `limit` bytes and close."""
        body = bytearray()
        for piece in self.stream(limit) if limit else ():
            body += piece[: limit - len(body)]
            if len(body) >= limit:
                break
        self.close()
        return bytes(body)

    def close(self) -> None:
        """Return the connection to the pool, or drop it if the body was not read to its end."""
        self._response.close()
        self._response.release_conn()


@dataclass(frozen=True)
class Reply:
    """An answer that was read completely. `url` is where it came from, after redirects."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str
