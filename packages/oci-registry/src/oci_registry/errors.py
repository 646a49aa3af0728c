"""Expected faults: everything a user can cause or has to repair.

Each is an ExpectedError: a title (what is wrong), a detail (why), advice (what to do) and the file and line
it is about. Its class says of which kind it is, so that callers need neither texts nor status codes. Any
other exception is a fault of the program.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from buildpack_common.terminal_text import one_line

if TYPE_CHECKING:
    from pathlib import Path


def shown_path(path: Path) -> str:
    """Return a path as people read it: relative if it lies below the current directory, else absolute.

    Names that are not UTF-8 are escaped, so that the text can be printed anywhere.
    """
    text = str(path)
    try:
        relative = os.path.relpath(path)
    except (OSError, ValueError):
        relative = ".."
    shown = text if relative.startswith("..") else relative
    return shown.encode("utf-8", "backslashreplace").decode("utf-8")


class ExpectedError(Exception):
    """An expected fault. `file` and `line` (from 1) say where."""

    def __init__(
        self,
        title: str,
        *,
        detail: str = "",
        advice: str = "",
        file: Path | None = None,
        line: int | None = None,
    ) -> None:
        super().__init__(title, detail, advice, file, line)
        self.title = title
        self.detail = detail
        self.advice = advice
        self.file = file
        self.line = line

    @property
    def location(self) -> str:
        """`file:line`, `file` or nothing."""
        if self.file is None:
            return ""
        return shown_path(self.file) + (f":{self.line}" if self.line is not None else "")

    def __str__(self) -> str:
        first = f"{self.location}: {self.title}" if self.location else self.title
        rest = [line for text in (self.detail, self.advice) for line in text.splitlines()]
        return "\n".join([one_line(first), *(f"  {one_line(line)}" for line in rest)])


class UsageError(ExpectedError):
    """A wrong option or argument."""


class CheckFailed(ExpectedError):  # noqa: N818  it says what happened
    """Files or content contradict each other, their digest or the specification."""


class ConflictError(ExpectedError):
    """Something else stands where we would write: other content under a released version, another run."""


class AuthError(ExpectedError):
    """A server refused our credentials, or wants some."""


class NetworkError(ExpectedError):
    """A server could not be reached or did not answer sensibly."""


class MissingToolError(ExpectedError):
    """A program or interpreter that this step needs is not on this machine."""


class RegistryError(ExpectedError):
    """A registry could not be reached, refused, or answered nonsense.

    `status` is the HTTP status if there was one, `codes` the registry's own error codes (OCI Distribution
    1.1, 'Error codes'), `transient` says that trying again may help, `retry_after` in how many seconds the
    server would like that.
    """

    def __init__(
        self,
        title: str,
        *,
        detail: str = "",
        advice: str = "",
        status: int | None = None,
        codes: tuple[str, ...] = (),
        transient: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(title, detail=detail, advice=advice)
        self.status = status
        self.codes = codes
        self.transient = transient
        self.retry_after = retry_after


class AccessDeniedError(RegistryError, AuthError):
    """401 or 403: no credentials, wrong ones, or not enough rights."""


class UnavailableError(RegistryError, NetworkError):
    """No connection, no answer in time, or a temporary error of the server."""


class NotFoundError(RegistryError):
    """404: the only answer that means 'absent'."""


class RejectedError(RegistryError):
    """The registry understood and does not want it: another 4xx."""


class NoSpaceError(RejectedError):
    """The registry has no room for it: a quota is used up, or its disk."""


class RegistryConflictError(RegistryError, ConflictError):
    """409 or 412: somebody else was there first, or the tag is immutable."""


class ContentMismatchError(RegistryError, CheckFailed):
    """Bytes that do not have the digest or size they should have."""


class UnsafeRedirectError(RegistryError, NetworkError):
    """The registry points to a place where no registry has a reason to send us."""


class InvalidReferenceError(UsageError):
    """Not an image reference, or one without a registry."""


class CredentialError(AuthError):
    """A credentials file or helper that cannot be used."""


class MissingHelperError(MissingToolError):
    """A credential helper is configured, and its program is not there."""
