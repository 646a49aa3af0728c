"""Reading a blob to its end over losses, checking what comes."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from oci_registry.errors import ContentMismatchError, RegistryError
from oci_registry.remote.scope import pull

if TYPE_CHECKING:
    from collections.abc import Iterator

    from oci_registry.remote.response import RegistryResponse
    from oci_registry.remote.transport import Transport

_OK, _PARTIAL = 200, 206
_CONTENT_RANGE = re.compile(r"bytes ([0-9]+)-[0-9]+/(?:[0-9]+|\*)")


def pieces(transport: Transport, repository: str, digest: str, size: int | None = None) -> Iterator[bytes]:
    """Return a blob piece by piece; after a loss it goes on where it broke off.

    Only when the iterator ends without an error are the pieces what the digest says. Raises NotFoundError,
    UnavailableError, ContentMismatchError.
    """
    hasher, position = hashlib.sha256(), 0
    attempts = transport.attempts()
    complete = False
    while not complete:
        try:
            for piece in _from(transport, repository, digest, position):
                position += len(piece)
                if size is not None and position > size:
                    raise ContentMismatchError(f"the blob {digest} has more than its {size} bytes")
                hasher.update(piece)
                attempts.progressed()
                yield piece
            complete = True
        except RegistryError as error:
            attempts.failed(error)
    if size is not None and position != size:
        raise ContentMismatchError(f"the blob {digest} has {position} bytes, expected {size}")
    found = "sha256:" + hasher.hexdigest()
    if found != digest:
        raise ContentMismatchError(f"{transport.registry} gave {found} for the blob {digest}")


def _from(transport: Transport, repository: str, digest: str, position: int) -> Iterator[bytes]:
    """Return the blob from a position on: by Range if the registry can, else by reading over what we have."""
    headers = {"Range": f"bytes={position}-"} if position else {}
    with transport.open(
        f"/v2/{repository}/blobs/{digest}",
        expect={_OK, _PARTIAL},
        repository=repository,
        scopes=pull(repository),
        headers=headers,
    ) as answer:
        skip = position - _start(answer)
        if skip < 0:
            raise ContentMismatchError(
                f"{transport.registry} answered with another range of {digest} than asked"
            )
        for piece in answer.stream():
            if skip < len(piece):
                yield piece[skip:]
            skip = max(0, skip - len(piece))


def _start(answer: RegistryResponse) -> int:
    if answer.status != _PARTIAL:
        return 0
    match = _CONTENT_RANGE.fullmatch(answer.headers.get("Content-Range", ""))
    return int(match[1]) if match else -1
