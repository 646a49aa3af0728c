"""Where generated test material is kept between runs, and how parallel runs share it.

Everything below the cache directory can be made again: it is safe to delete at any time when nothing runs.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_release.errors import ReleaseError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def cache_directory(environ: Mapping[str, str] | None = None) -> Path:
    """Return the project's cache directory: $STRATA_CACHE_DIR, else below $XDG_CACHE_HOME or ~/.cache."""
    environ = os.environ if environ is None else environ
    if environ.get("STRATA_CACHE_DIR"):
        return Path(environ["STRATA_CACHE_DIR"]).absolute()
    # The base directory specification: a relative $XDG_CACHE_HOME is to be ignored.
    base = Path(environ.get("XDG_CACHE_HOME", ""))
    return (base if base.is_absolute() else Path.home() / ".cache") / "strata"


@contextmanager
def exclusive(lock: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold an advisory lock on the file lock; the kernel releases it when the process ends, however it ends.

    Raises ReleaseError when wait is false and another process holds it.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            raise ReleaseError(
                f"Another run is using {lock.parent}",
                advice="Wait until it has ended, or use another directory.",
            ) from None
        yield
