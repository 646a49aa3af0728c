"""Reading a blob to its end over losses, checking what comes."""

from __future__ import annotations

import hashlib
import re
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING

from oci_registry.errors import ContentMismatchError, RegistryError
from oci_registry.remote.scope import pull

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from oci_registry.remote.response import RegistryResponse
    from oci_registry.remote.transport import Transport

_OK, _PARTIAL, _NO_SUCH_RANGE = 200, 206, 416
_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-[0-9]+/(?:[0-9]+|\*)")


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
            for piece in _from(transport, repository, digest, position, size):
                position += len(piece)
                if size is not None and position > size:
                    raise _too_long(digest, size)
                hasher.update(piece)
                attempts.progressed(len(piece))
                yield piece
            complete = True
        except RegistryError as error:
            attempts.failed(error)
    if size is not None and position != size:
        raise ContentMismatchError(f"the blob {digest} has {position} bytes, expected {size}")
    found = "sha256:" + hasher.hexdigest()
    if found != digest:
        raise ContentMismatchError(f"{transport.registry} gave {found} for the blob {digest}")


def _too_long(digest: str, size: int) -> ContentMismatchError:
    return ContentMismatchError(f"the blob {digest} has more than its {size} bytes")


def _from(
    transport: Transport, repository: str, digest: str, position: int, size: int | None
) -> Iterator[bytes]:
    """Return the blob from a position on: by Range if the registry can, else by reading over what we have.

    The range has an end if that is known: some registries refuse one without.
    """
    end = "" if size is None else size - 1
    headers = {"Range": f"bytes={position}-{end}"} if position else {}
    with _opened(transport, repository, digest, headers) as answer:
        skip = position - _start(answer)
        if skip < 0:
            raise ContentMismatchError(
                f"{transport.registry} answered with another range of {digest} than asked"
            )
        most = None if size is None else size - position + skip
        if most is not None and answer.length > most:
            raise _too_long(digest, size or 0)
        for piece in answer.stream(most):
            if skip < len(piece):
                yield piece[skip:]
            skip = max(0, skip - len(piece))


@contextmanager
def _opened(
    transport: Transport, repository: str, digest: str, headers: Mapping[str, str]
) -> Iterator[RegistryResponse]:
    """Open a blob; from its start if the registry refuses our range."""
    with ExitStack() as stack:
        open_with = partial(
            transport.open,
            f"/v2/{repository}/blobs/{digest}",
            expect={_OK, _PARTIAL},
            repository=repository,
            scopes=pull(repository),
        )
        try:
            answer = stack.enter_context(open_with(headers=headers))
        except RegistryError as error:
            if error.status != _NO_SUCH_RANGE or not headers:
                raise
            answer = stack.enter_context(open_with(headers={}))
        yield answer


def _start(answer: RegistryResponse) -> int:
    if answer.status != _PARTIAL:
        return 0
    match = _CONTENT_RANGE.fullmatch(answer.headers.get("Content-Range", ""))
    return int(match[1]) if match else -1
