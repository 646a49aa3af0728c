"""Comparing what pip installed with what it would install today."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app_venv.evidence.resolution import InstallationResolution, ResolvedDistribution, read_record

NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,6}", fullmatch=True)
ORIGINS = st.from_regex(r"sha256:[0-9a-f]{8}|unprovable|address:[0-9a-f]{8}", fullmatch=True)
PACKAGES = st.builds(ResolvedDistribution, NAMES, st.from_regex(r"\d\.\d", fullmatch=True), ORIGINS)
RESOLUTIONS = st.lists(PACKAGES, unique_by=lambda package: package.name).map(
    lambda packages: InstallationResolution(tuple(sorted(packages, key=lambda package: package.name)))
)


def test_changes_are_sentences() -> None:
    old = InstallationResolution(
        (
            ResolvedDistribution("a", "1", "h"),
            ResolvedDistribution("b", "1", "h"),
            ResolvedDistribution("c", "1", "h"),
        )
    )
    new = InstallationResolution(
        (
            ResolvedDistribution("b", "2", "h"),
            ResolvedDistribution("c", "1", "i"),
            ResolvedDistribution("d", "3", "h"),
        )
    )
    assert old.changes_to(new) == (
        "a 1 is no longer needed",
        "b 1 -> 2",
        "c 1: another file of the same version",
        "d 3 comes in",
    )


@given(RESOLUTIONS)
def test_a_record_comes_back_as_it_was(resolution: InstallationResolution) -> None:
    assert read_record(resolution.record) == resolution
    assert resolution.changes_to(read_record(resolution.record)) == ()


@given(RESOLUTIONS, RESOLUTIONS)
def test_no_change_is_reported_exactly_if_they_are_equal(
    old: InstallationResolution, new: InstallationResolution
) -> None:
    assert (old.changes_to(new) == ()) == (old == new)


@given(st.lists(st.text(max_size=20)))
def test_a_strange_record_is_read_without_a_fault(record: list[str]) -> None:
    read_record(tuple(record))
