"""How much a change matters to the users of a buildpack, and what that makes of its version.

Semantic Versioning 2.0.0, with what its item 4 leaves open about 0.y.z settled as most tools do: a breaking
change raises y, as a feature does, and a fix raises z. Only a person decides that it is time for 1.0.0.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from buildpack_release.versions.number import BumpKind

if TYPE_CHECKING:
    from buildpack_release.versions.number import Version


class Impact(IntEnum):
    """What users have to do about a change: nothing, perhaps something new, or adapt."""

    FIX = 1
    FEATURE = 2
    BREAKING = 3

    def __str__(self) -> str:
        return self.name.lower()


# The headings of Keep a Changelog 1.1.0.
IMPACTS = {
    "Added": Impact.FEATURE,
    "Changed": Impact.FEATURE,
    "Deprecated": Impact.FEATURE,
    "Removed": Impact.BREAKING,
    "Fixed": Impact.FIX,
    "Security": Impact.FIX,
}


def kind_of(impact: Impact, version: Version) -> BumpKind:
    """Return the kind of release that a change needs after a version."""
    if impact is Impact.BREAKING:
        return BumpKind.MAJOR if version.major else BumpKind.MINOR
    return BumpKind.MINOR if impact is Impact.FEATURE else BumpKind.PATCH


def impact_of(kind: BumpKind) -> Impact:
    """Return the impact that users of a stable version read from a kind of release."""
    return {BumpKind.PATCH: Impact.FIX, BumpKind.MINOR: Impact.FEATURE, BumpKind.MAJOR: Impact.BREAKING}[kind]
