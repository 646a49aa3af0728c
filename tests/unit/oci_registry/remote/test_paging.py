"""The Link header."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oci_registry.remote.catalog import repositories
from oci_registry.remote.paging import next_link
from oci_registry.testing.loopback import Response
from support.registries import client
from support.scripted_server import ScriptedServer, in_turn


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


@pytest.mark.parametrize("what", ["repositories", "tags"])
def test_a_registry_may_allow_smaller_pages_only(what: str) -> None:
    """Distribution refuses more than it is set up for; its own number is taken then."""
    link = {"Link": '</v2/next?n=1&last=a>; rel="next"'}
    pages = [
        Response.error(400, "PAGINATION_NUMBER_INVALID"),
        Response(200, link, json.dumps({what: ["a"]}).encode()),
        Response(200, {}, json.dumps({what: ["b"]}).encode()),
    ]
    with ScriptedServer(in_turn(*pages)) as server, client(server.host) as remote:
        remote.ping()
        found = repositories(remote) if what == "repositories" else remote.repository("r").tags()
        assert found == ("a", "b")
        assert [one.parameter("n") for one in server.requests] == ["1000", "", "1"]


def test_a_long_hostile_header_takes_no_long_time() -> None:
    """The patterns must not backtrack without end; this would never come back."""
    for piece in ("<a>;", "; rel", '<a>;x="', ";" * 50 + " "):
        next_link(piece * 5000)
