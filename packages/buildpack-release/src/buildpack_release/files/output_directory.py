"""A directory that this program writes into (build/, dist/): one run at a time, and nothing half-written.

Everything is made in a staging folder inside the directory (so on the same file system) and renamed into
place when it is complete. What an interrupted run left there is removed by the next one.
"""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_release.errors import ConflictError
from oci_registry.folders import wait_for, writing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_LOCK = ".lock"
_STAGING = ".staging"


@dataclass(frozen=True)
class OutputDirectory:
    """A directory whose lock is held; get one from `output_directory()`."""

    root: Path

    @property
    def staging(self) -> Path:
        """An empty folder at the start of the run; its content never shows under a final name by itself."""
        return self.root / _STAGING

    def publish(self, staged: Path, name: str) -> Path:
        """Move a complete file or folder to its final name, in place of what is there; return its path.

        Replacing a file is atomic. Between two renames a folder is absent for a moment, but never incomplete.
        """
        final = self.root / name
        if final.parent != self.root or final.is_symlink():
            raise ConflictError("this is not a place that may be written to", file=final)
        if final.is_dir():
            final.rename(self.staging / f"{name}.old")
        staged.replace(final)
        shutil.rmtree(self.staging / f"{name}.old", ignore_errors=True)
        return final

    def remove(self, name: str) -> None:
        """Delete a file or folder directly below the directory; one that does not exist is fine."""
        path = self.root / name
        if path.parent == self.root and path.is_dir() and not path.is_symlink():
            path.rename(self.staging / f"{name}.old")
            shutil.rmtree(self.staging / f"{name}.old")
        elif path.parent == self.root:
            path.unlink(missing_ok=True)


@contextmanager
def output_directory(root: Path, *, report: Callable[[str], None]) -> Iterator[OutputDirectory]:
    """Make the directory if need be, wait for other runs that write to it, and clean up its staging folder.

    Raises:
        ReleaseError: it cannot be written to.
    """
    directory = OutputDirectory(root)
    with writing(root):
        root.mkdir(parents=True, exist_ok=True)
        lock = os.open(root / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        wait_for(lock, root, report)
        with writing(root):
            _remove_leftovers(directory.staging)
            directory.staging.mkdir()
            try:
                yield directory
            finally:
                _remove_leftovers(directory.staging)
    finally:
        os.close(lock)


def _remove_leftovers(staging: Path) -> None:
    if staging.exists():
        shutil.rmtree(staging)
