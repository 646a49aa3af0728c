"""The Link header."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oci_registry.remote.paging import next_link


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", None),
        ('</v2/a/tags/list?n=2&last=b>; rel="next"', "/v2/a/tags/list?n=2&last=b"),
        ("<next>;rel=next", "next"),
        ('<a>; rel="prev", <b>; title="x; y"; rel="next"', "b"),
        ('<a,b>; rel="next"', "a,b"),
        ('<a>; rel="prev"', None),
        ("<a>", None),
        ("nonsense; rel=next", None),
    ],
)
def test_links(header: str, expected: str | None) -> None:
    assert next_link(header) == expected


@given(st.text(max_size=80))
def test_nonsense_is_survived(header: str) -> None:
    next_link(header)


def test_a_long_hostile_header_takes_no_long_time() -> None:
    """The patterns must not backtrack without end; this would never come back."""
    for piece in ("<a>;", "; rel", '<a>;x="', ";" * 50 + " "):
        next_link(piece * 5000)
