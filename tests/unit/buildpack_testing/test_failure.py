"""A failure must carry what the buildpack said, and not say it twice to people who have read it."""

from __future__ import annotations

import pytest

from buildpack_testing.failure import LifecycleCode, PhaseError, output_is_shown


def test_the_output_is_part_of_the_message() -> None:
    error = PhaseError(LifecycleCode.BUILD_BUILDPACK, "it failed", output="because\n")
    assert str(error) == "it failed\n  because"


def test_output_that_was_shown_is_not_shown_again() -> None:
    with pytest.raises(PhaseError) as failed, output_is_shown():
        raise PhaseError(LifecycleCode.BUILD_BUILDPACK, "it failed", output="because\n")
    assert str(failed.value) == "it failed\n  What the buildpack said is above."
    assert (failed.value.code, failed.value.output) == (LifecycleCode.BUILD_BUILDPACK, "because\n")


def test_other_details_stay() -> None:
    with pytest.raises(PhaseError, match="why"), output_is_shown():
        raise PhaseError(LifecycleCode.EXPORT, "it failed", detail="why")
