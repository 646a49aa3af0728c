"""How parallel runs share a directory."""

from __future__ import annotations

import fcntl
from contextlib import contextmanager
from typing import TYPE_CHECKING

from buildpack_release.errors import ConflictError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def exclusive(lock: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold an advisory lock on the file lock; the kernel releases it when the process ends, however it ends.

    Raises ConflictError when wait is false and another process holds it.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            raise ConflictError(
                f"Another run is using {lock.parent}",
                advice="Wait until it has ended, or use another directory.",
            ) from None
        yield
