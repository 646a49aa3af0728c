"""Bringing one blob into a registry, whatever happens on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oci_registry.errors import (
    AccessDeniedError,
    NoSpaceError,
    NotFoundError,
    RegistryError,
    UnavailableError,
)
from oci_registry.remote.upload_session import UploadSession
from oci_registry.remote.window import Window

if TYPE_CHECKING:
    from collections.abc import Callable

    from oci_registry.blob_source import BlobSource
    from oci_registry.remote.transport import Transport
    from oci_registry.remote.window import Position

# The largest body of one request: below the 100 MB that common proxies in front of registries let pass.
CHUNK = 64 * 1024 * 1024
_SMALLEST_CHUNK = 1024 * 1024
_SHRINK = 4
_MOST_RESTARTS = 3
_SMALL = 64 * 1024
_TOO_LARGE, _WRONG_RANGE, _TOO_MANY_REQUESTS = 413, 416, 429
_CONTENT_LOST = frozenset({"DIGEST_INVALID", "BLOB_UPLOAD_INVALID", "SIZE_INVALID"})


class Upload:
    """Uploads a blob: in one request if it is small, else in chunks.

    After a loss it asks how much arrived and goes on from there; if the session has expired, or what was
    pieced together is refused, it starts again, up to three times.
    """

    def __init__(
        self,
        transport: Transport,
        repository: str,
        source: BlobSource,
        *,
        is_there: Callable[[], bool],
        position: Position,
        chunk: int = CHUNK,
    ) -> None:
        self._transport = transport
        self._repository = repository
        self._source = source
        self._is_there = is_there
        self._position = position
        self._chunk = chunk
        self._attempts = transport.attempts()
        self._restarts = 0
        self._session: UploadSession | None = None
        self._uncertain = False

    def run(self, session: UploadSession | None = None) -> None:
        """Upload, in a session that was begun already if there is one.

        Raises the RegistryError that could not be overcome, ContentMismatchError if the file changed
        meanwhile.
        """
        self._session = session
        while True:
            try:
                if self._restarts and self._session is None and self._is_there():
                    return  # only the answer was lost
                self._go_on()
            except RegistryError as error:
                self._recover(error)
            else:
                return

    def _go_on(self) -> None:
        if self._session is None:
            self._session = self._begin()
            if self._session is None:
                return  # all of it is there
        elif self._uncertain:
            self._session.locate()
        self._uncertain = False
        session, size = self._session, self._source.size
        if session.offset > size:
            raise NotFoundError(f"{self._transport.registry} has more of the upload than there is")
        chunked = size > max(self._chunk, session.least)
        while chunked and session.offset < size:
            begun, end = session.offset, min(session.offset + max(self._chunk, session.least), size)
            session.append(Window(self._source, begun, end, self._position))
            self._attempts.progressed(session.offset - begun)
            if session.offset < end:
                kept = f"{self._transport.registry} kept {session.offset - begun} of {end - begun} bytes"
                self._attempts.failed(UnavailableError(kept, transient=True))
        rest = None if chunked else Window(self._source, session.offset, size, self._position)
        session.finish(self._source.digest, rest)

    def _begin(self) -> UploadSession | None:
        """Begin an upload; a small blob comes with that where the registry takes it so, and then None.

        Those that do not, begin an upload as ever, or refuse; they are not tried again.
        """
        is_small = 0 < self._source.size <= min(_SMALL, self._chunk)
        if is_small and not self._transport.wants_sessions.is_set():
            whole = Window(self._source, 0, self._source.size, self._position)
            try:
                session = UploadSession.whole(self._transport, self._repository, self._source.digest, whole)
            except AccessDeniedError:
                raise
            except RegistryError as error:
                if error.status in (None, _TOO_MANY_REQUESTS):
                    raise
                self._transport.wants_sessions.set()
            else:
                if session is not None:
                    self._transport.wants_sessions.set()
                return session
        return UploadSession.start(self._transport, self._repository)

    def _recover(self, error: RegistryError) -> None:
        """Prepare for another try, or raise the error."""
        if self._session is not None and self._must_restart(error):
            self._restarts += 1
            if self._restarts > _MOST_RESTARTS:
                raise error
            self._session = None
            return
        if error.status == _WRONG_RANGE:
            error.transient = True  # we and the registry disagree about how much arrived: ask
        self._attempts.failed(error)
        self._uncertain = self._session is not None

    def _must_restart(self, error: RegistryError) -> bool:
        if isinstance(error, NoSpaceError):
            return False
        if error.status == _TOO_LARGE and self._chunk > _SMALLEST_CHUNK:
            self._chunk = max(self._chunk // _SHRINK, _SMALLEST_CHUNK)
            return True
        if error.status != _WRONG_RANGE and _CONTENT_LOST.intersection(error.codes):
            self._source.check()
            return True
        unanswered = self._uncertain and not error.transient and not isinstance(error, AccessDeniedError)
        return unanswered or isinstance(error, NotFoundError)
