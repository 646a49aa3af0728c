"""An HTTP answer whose body is read with care: never more than asked for, exactly the bytes sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import requests
import urllib3

from oci_registry.errors import RegistryError, UnavailableError
from oci_registry.remote.error_answers import redacted
from oci_registry.remote.faults import reason

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ERROR_LIMIT = 64 * 1024  # of an error's body, in bytes
_PIECE = 256 * 1024


class RegistryResponse:
    """Status and headers, with the body still to come. Close it, or read it to its end."""

    def __init__(self, response: requests.Response, method: str, url: str) -> None:
        self._response = response
        self.method = method
        self.url = url
        self.status: int = response.status_code
        self.headers: Mapping[str, str] = response.headers  # names in any case

    def stream(self) -> Iterator[bytes]:
        """Return the body piece by piece, not decoded. Raises UnavailableError if it breaks off."""
        try:
            yield from self._response.raw.stream(_PIECE, decode_content=False)
        except (urllib3.exceptions.HTTPError, requests.RequestException, OSError) as error:
            raise UnavailableError(
                f"the answer of {redacted(self.url)} broke off", detail=reason(error), transient=True
            ) from error
        finally:
            self.close()

    def read(self, limit: int) -> bytes:
        """Read the body. Raises RegistryError if it has more than `limit` bytes."""
        body = self.read_some(limit + 1)
        if len(body) > limit:
            raise RegistryError(f"the answer of {redacted(self.url)} has more than {limit} bytes")
        return body

    def read_some(self, limit: int = ERROR_LIMIT) -> bytes:
        """Read at most `limit` bytes and close."""
        body = bytearray()
        for piece in self.stream():
            body += piece[: limit - len(body)]
            if len(body) >= limit:
                break
        self.close()
        return bytes(body)

    def close(self) -> None:
        """Return the connection to the pool, or drop it if the body was not read to its end."""
        self._response.close()


@dataclass(frozen=True)
class Reply:
    """An answer that was read completely. `url` is where it came from, after redirects."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str
