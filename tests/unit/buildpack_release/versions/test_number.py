from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildpack_release.errors import UsageError
from buildpack_release.versions.number import BumpKind, Version

VERSIONS = st.builds(Version, *[st.integers(0, 10**6)] * 3)


@pytest.mark.parametrize(
    "text", ["1.2", "1.2.3.4", "01.2.3", "v1.2.3", "1.2.3-rc.1", "1.2.3\n", "", "\u0661.2.3"]
)
def test_only_three_numbers_are_a_version(text: str) -> None:
    """The specification knows no pre-releases; other digits than ASCII would compare as equal."""
    with pytest.raises(ValueError, match="not a version"):
        Version.parse(text)


@given(VERSIONS)
def test_a_version_survives_its_text(version: Version) -> None:
    """Parsing is the inverse of printing."""
    assert Version.parse(str(version)) == version


@given(VERSIONS, st.sampled_from(BumpKind))
def test_a_bump_is_the_next_version_of_its_kind(version: Version, kind: BumpKind) -> None:
    """It is greater, and smaller than the bump of a greater kind."""
    bumped = version.bump(kind)
    assert bumped > version
    assert all(bumped < version.bump(other) for other in BumpKind if other > kind)


def test_versions_are_compared_as_numbers() -> None:
    """1.10.0 comes after 1.9.0."""
    assert Version.parse("1.10.0") > Version.parse("1.9.0")


def test_an_unknown_kind_is_named_with_the_nearest() -> None:
    """A typing mistake is a usage error."""
    assert BumpKind.parse("minor") is BumpKind.MINOR
    with pytest.raises(UsageError, match='did you mean "major"'):
        BumpKind.parse("mayor")
