"""Folders where one run writes at a time, and what is said if they cannot be written to."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from oci_registry.errors import ExpectedError, shown_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def writing(root: Path) -> Iterator[None]:
    """Turn faults of the system (disk full, read-only, no permission) into an error that says so."""
    try:
        yield
    except OSError as error:
        file = Path(os.fsdecode(error.filename)) if isinstance(error.filename, str | bytes) else root
        raise ExpectedError(
            f"{(error.strerror or str(error)).lower()}",
            detail=f"Nothing unfinished was left under a final name in {shown_path(root)}.",
            advice="Correct this and run the same command again.",
            file=file,
        ) from error


def wait_for(lock: int, root: Path, report: Callable[[str], None], *, mode: int = fcntl.LOCK_EX) -> None:
    """Lock the open file ``lock``; report it if another run that writes to ``root`` has to end first."""
    try:
        fcntl.flock(lock, mode | fcntl.LOCK_NB)
    except BlockingIOError:
        report(f"Another run is writing to {shown_path(root)}: waiting for it to end")
        fcntl.flock(lock, mode)


@contextmanager
def locked(directory: Path, report: Callable[[str], None] = lambda _: None) -> Iterator[None]:
    """Hold the lock of a directory itself: a file in it would be a part of its content. Raises OSError."""
    lock = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        wait_for(lock, directory, report)
        yield
    finally:
        os.close(lock)
