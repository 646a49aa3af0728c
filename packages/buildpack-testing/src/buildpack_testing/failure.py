"""How a build on the local platform fails: with the lifecycle's exit code and what the buildpacks said."""

from __future__ import annotations

from contextlib import contextmanager
from enum import IntEnum
from typing import TYPE_CHECKING

from buildpack_release.errors import ReleaseError

if TYPE_CHECKING:
    from collections.abc import Iterator


class LifecycleCode(IntEnum):
    """The lifecycle's exit codes (platform/exit.go) that this platform can end with."""

    DETECT_NOBODY = 20
    DETECT_ERROR = 21
    RESTORE = 42
    BUILD_BUILDPACK = 51
    BUILD_OUTPUT = 52
    EXPORT = 62
    LAUNCH = 82


class PhaseError(ReleaseError):
    """A phase failed. code is what the lifecycle would end with; output is what the buildpack printed."""

    def __init__(self, code: LifecycleCode, title: str, *, detail: str = "", output: str = "") -> None:
        super().__init__(title, detail=detail or output.rstrip())
        self.code = code
        self.output = output


@contextmanager
def output_is_shown() -> Iterator[None]:
    """Leave a buildpack's output out of a PhaseError's message, for those who have seen it line by line."""
    try:
        yield
    except PhaseError as error:
        if not error.output:
            raise
        detail = "What the buildpack said is above."
        raise PhaseError(error.code, error.title, detail=detail, output=error.output) from None
