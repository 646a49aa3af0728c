"""Which releases of the tools are accepted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildpack_testing.cnb.tool_versions import LIFECYCLE, PACK, fits, version_numbers


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("0.40.6\n", (0, 40, 6)),
        ("0.40.6+git-1a2b3c4.build-6401\n", (0, 40, 6)),
        ("v0.21.17", (0, 21, 17)),
        ("pack version 1.2.3-rc1", (1, 2, 3)),
        ("1.2", None),
        ("127.0.0.1.5", None),
        ("command not found", None),
        ("", None),
    ],
)
def test_version_output_of_real_programs(output: str, expected: tuple[int, int, int] | None) -> None:
    """Build metadata is no part of the version; an address is no version."""
    assert version_numbers(output) == expected


@given(st.tuples(*[st.integers(0, 10**6)] * 3))
def test_fits_compares_numbers_not_text(numbers: tuple[int, ...]) -> None:
    """0.100.0 is newer than 0.40.6."""
    text = ".".join(map(str, numbers))
    assert fits(PACK, text) == (numbers >= (0, 40, 6))


def test_unreadable_version_does_not_fit() -> None:
    """A program of the same name that is something else is not taken."""
    assert not fits(LIFECYCLE, "usage: lifecycle [options]")
