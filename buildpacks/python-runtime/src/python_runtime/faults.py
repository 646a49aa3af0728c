"""Why an archive could not be had from one place, and the one error that tells of all places."""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildpack_api.errors import DownloadError

if TYPE_CHECKING:
    from collections.abc import Sequence


class LocationFault(Exception):  # noqa: N818  (a fault of a place; the build goes on with the next)
    """One place does not give the archive. ``reason`` is for the log; ``advice`` is what may help."""

    def __init__(self, reason: str, *, advice: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.advice = advice


class PassingFault(LocationFault):
    """A fault that may be gone on the next attempt; ``wait`` is the pause the server asks for, in seconds."""

    def __init__(self, reason: str, *, advice: str = "", wait: float = 0.0) -> None:
        super().__init__(reason, advice=advice)
        self.wait = wait


class SlowFault(PassingFault):
    """The bytes came, but too slowly."""


def download_error(version: str, faults: Sequence[tuple[str, LocationFault]]) -> DownloadError:
    """Return the error for an archive that no place gave; each place with its reason, each advice once."""
    return DownloadError(
        f"The archive of Python {version} could not be obtained",
        detail="\n".join(f"{place}\n  {fault.reason}" for place, fault in faults),
        advice="\n".join(dict.fromkeys(fault.advice for _, fault in faults if fault.advice)),
    )
