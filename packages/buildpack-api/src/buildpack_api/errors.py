"""Expected faults, their texts for people, and the exit codes of ``bin/build``."""

from __future__ import annotations

import errno
from typing import ClassVar

INTERNAL_ERROR = 2
"""Exit code of an unexpected exception: a bug in the buildpack."""


class BuildpackError(Exception):
    """An expected fault: shown as title, detail and advice, without a traceback.

    ``title`` says in one line what is wrong, ``detail`` why and where, ``advice`` what to do about it.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, title: str, *, detail: str = "", advice: str = "") -> None:
        super().__init__(title)
        self.title = title
        self.detail = detail
        self.advice = advice

    def __str__(self) -> str:
        return "\n".join(part for part in (self.title, self.detail, self.advice) if part)


class ConfigurationError(BuildpackError):
    """The app's or the platform's configuration (a file, a ``BP_*`` variable) is wrong."""

    exit_code: ClassVar[int] = 3


class DownloadError(BuildpackError):
    """Something could not be fetched, or is not what was promised."""

    exit_code: ClassVar[int] = 4


class CommandFailed(BuildpackError):  # noqa: N818  (says what happened)
    """A program could not be started, or ended with a code other than 0.

    ``returncode`` is negative for a signal, as in `subprocess`; 127: not found, 126: not executable.
    """

    exit_code: ClassVar[int] = 5

    def __init__(
        self, title: str, *, command: tuple[str, ...], returncode: int, detail: str = "", advice: str = ""
    ) -> None:
        super().__init__(title, detail=detail, advice=advice)
        self.command = command
        self.returncode = returncode


class PlatformError(BuildpackError):
    """What the platform or an earlier buildpack must provide is missing or broken."""

    exit_code: ClassVar[int] = 6


_OS_ERRORS = {
    errno.ENOSPC: ("No space is left on the device", "Free some space, or give the build a larger disk."),
    errno.EDQUOT: ("The disk quota is used up", "Free some space, or raise the quota of the build."),
    errno.EROFS: ("The file system is read-only", "Give the build a writable directory at this place."),
    errno.EACCES: ("Permission denied", "Let the user that runs the build read or write this place."),
    errno.EPERM: ("Operation not permitted", "Let the user that runs the build change this place."),
    errno.EMFILE: ("Too many files are open", "Raise the limit of open files (ulimit -n)."),
    errno.ENAMETOOLONG: (
        "A path is too long",
        "Folders are in each other deeper than this machine has names for: find out what made them.",
    ),
    errno.EIO: (
        "The device reported an input/output error",
        "Check the disk of the machine that runs the build.",
    ),
}


def from_os_error(error: OSError) -> BuildpackError | None:
    """Put a fault of the machine (disk full, read-only, not allowed) into words; None for anything else."""
    known = _OS_ERRORS.get(error.errno or 0)
    if known is None:
        return None
    title, advice = known
    names = [str(name) for name in (error.filename, error.filename2) if name is not None]
    return BuildpackError(f"{title}: {' -> '.join(names)}" if names else title, advice=advice)
