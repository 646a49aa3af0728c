"""How a build on the local platform fails: with the lifecycle's exit code and what the buildpacks said."""

from __future__ import annotations

from enum import IntEnum

from buildpack_release.errors import ReleaseError


class LifecycleCode(IntEnum):
    """The lifecycle's exit codes (platform/exit.go) that this platform can end with."""

    DETECT_NOBODY = 20
    DETECT_ERROR = 21
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
