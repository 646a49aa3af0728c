"""A file that somebody asks a task to write: looked at before the work, which may take minutes."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_release.errors import UsageError, shown_path

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


def check_asked_file(name: str, what: str, endings: Sequence[str], *, aliases: Collection[str] = ()) -> None:
    """Raise UsageError for a place where such a file (`what`) cannot be written; "" is none, and fine.

    `aliases` are endings that do as well, and are not named.
    """
    file = Path(name)
    if not name:
        return
    if file.suffix.lower() not in (*endings, *aliases):
        raise UsageError(f"a {what} is written as {' or '.join(endings)}: {name}")
    if file.is_dir():
        raise UsageError(f"this is a folder; a {what} is one file", file=file)
    if not file.parent.is_dir():
        raise UsageError(f"there is no folder {shown_path(file.parent)} for the {what}", file=file)
    try:
        with tempfile.TemporaryFile(dir=file.parent):
            pass
    except OSError as error:
        reason = f"cannot be written to: {error.strerror}"
        raise UsageError(f"the folder {shown_path(file.parent)} {reason}", file=file) from None
