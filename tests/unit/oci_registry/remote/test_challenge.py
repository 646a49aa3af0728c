"""The WWW-Authenticate header, as registries write it and as the RFC allows it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oci_registry.remote.challenge import Challenge, parse_challenges

tokens = st.text("abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+.^_`|~-", min_size=1, max_size=10)
values = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=20)
with_parameters = st.builds(Challenge, tokens, st.dictionaries(tokens, values, max_size=4))
with_token = st.builds(
    lambda scheme, token: Challenge(scheme, {}, token),
    tokens,
    st.from_regex(r"[A-Za-z0-9._~+/-]{1,12}={0,2}", fullmatch=True),
)
challenges = st.lists(with_parameters | with_token, max_size=4)


@given(challenges, st.sampled_from([",", ", ", " ,\t", ",,", " , , "]))
def test_what_is_written_is_read_back(expected: list[Challenge], separator: str) -> None:
    """Whatever stands between the challenges, and however many there are."""
    assert list(parse_challenges(separator.join(map(str, expected)))) == expected


@given(st.text(max_size=60))
def test_nonsense_is_survived(text: str) -> None:
    for challenge in parse_challenges(text):
        assert challenge.scheme


@given(st.text(alphabet='Bearer x=",\\', max_size=40))
def test_broken_quotes_are_survived(text: str) -> None:
    parse_challenges(text)


def test_what_registries_send() -> None:
    header = (
        'Bearer realm="https://auth.example.com/token",service="registry.example.com",'
        'scope="repository:strata/python:pull,push",error="insufficient_scope"'
    )
    (challenge,) = parse_challenges(header)
    assert challenge.scheme == "bearer"
    assert challenge.parameters == {
        "realm": "https://auth.example.com/token",
        "service": "registry.example.com",
        "scope": "repository:strata/python:pull,push",
        "error": "insufficient_scope",
    }


@pytest.mark.parametrize(
    "header",
    [
        'Basic realm="a, b", Bearer realm="https://x/t"',
        'BASIC realm="a, b",bearer  realm = "https://x/t"',
        'Negotiate, Basic realm="a, b" , Bearer realm="https://x/t"',
        'Negotiate abcd==, Basic realm="a, b", Bearer realm="https://x/t"',
    ],
)
def test_several_challenges_in_one_header(header: str) -> None:
    found = {challenge.scheme: challenge.parameters for challenge in parse_challenges(header)}
    assert found["basic"] == {"realm": "a, b"}
    assert found["bearer"] == {"realm": "https://x/t"}


def test_escapes_in_quotes() -> None:
    assert parse_challenges(r'Basic realm="say \"hi\" \\"')[0].parameters == {"realm": 'say "hi" \\'}
