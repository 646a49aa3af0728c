from __future__ import annotations

import pytest

from buildpack_release.versions.impact import IMPACTS, Impact, impact_of, kind_of
from buildpack_release.versions.number import BumpKind, Version


@pytest.mark.parametrize(
    ("impact", "stable", "early"),
    [
        (Impact.BREAKING, BumpKind.MAJOR, BumpKind.MINOR),
        (Impact.FEATURE, BumpKind.MINOR, BumpKind.MINOR),
        (Impact.FIX, BumpKind.PATCH, BumpKind.PATCH),
    ],
)
def test_the_kind_of_a_release(impact: Impact, stable: BumpKind, early: BumpKind) -> None:
    """Semantic Versioning; before 1.0.0 a breaking change raises the minor version."""
    assert kind_of(impact, Version(1, 2, 3)) is stable
    assert kind_of(impact, Version(0, 2, 3)) is early


def test_an_impact_is_what_users_read_from_a_kind() -> None:
    """The way back, for kinds that a person has chosen."""
    assert all(kind_of(impact_of(kind), Version(1, 0, 0)) is kind for kind in BumpKind)


def test_all_headings_of_keep_a_changelog_are_known() -> None:
    """Its six kinds of changes, each with its weight."""
    assert [name for name in sorted(IMPACTS) if IMPACTS[name] is Impact.BREAKING] == ["Removed"]
    assert [name for name in sorted(IMPACTS) if IMPACTS[name] is Impact.FIX] == ["Fixed", "Security"]
    assert [name for name in sorted(IMPACTS) if IMPACTS[name] is Impact.FEATURE] == [
        "Added",
        "Changed",
        "Deprecated",
    ]
