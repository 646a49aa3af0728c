"""Reading a small file of the app that must be a file: no directory, no dangling link, no pipe."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from buildpack_api.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

LIMIT = 65536
"""Bytes; what is longer is not a version file."""


def is_there(path: Path) -> bool:
    """Whether the app has something of this name, be it a link that leads nowhere."""
    return os.path.lexists(path)


def refuse_dangling(path: Path, advice: str) -> None:
    """Raise ConfigurationError for a link to nothing: whoever made it thinks that the file counts."""
    if not path.is_symlink() or path.exists():
        return
    raise ConfigurationError(
        f"{path.name} is a link to {path.readlink()}, which leads nowhere",
        detail=f"File: {path}",
        advice=f"Is its target excluded from the build, or above the app's directory?\n{advice}",
    )


def read_bytes(path: Path, advice: str) -> bytes:
    """Return the contents. Raises ConfigurationError, which ends with ``advice``, for whatever is no file."""
    refuse_dangling(path, advice)
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):  # opening a pipe would wait for ever
            kind = "a directory" if stat.S_ISDIR(mode) else "not a regular file"
            raise ConfigurationError(f"{path.name} is {kind}", detail=f"File: {path}", advice=advice)
        with path.open("rb") as file:
            content = file.read(LIMIT + 1)
    except OSError as error:
        raise ConfigurationError(
            f"{path.name} cannot be read: {error.strerror}",
            detail=f"File: {path}",
            advice=f"Give the user that runs the build permission to read it.\n{advice}",
        ) from error
    if len(content) > LIMIT:
        raise ConfigurationError(f"{path.name} is too long to be a version file", advice=advice)
    return content
