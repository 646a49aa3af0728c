from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildpack_release.redact import redact


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("GET https://user:pass@host:1/x failed", "GET https://***@host:1/x failed"),
        ("https://token@host", "https://***@host"),
        ("http://u:p@ss@host/", "http://***@host/"),
        ("a=http://u:p@h1,b=https://q:r@h2", "a=http://***@h1,b=https://***@h2"),
        ("https://host/a@b", "https://host/a@b"),
        ("https://host/?X-Amz-Signature=abc&x=1", "https://host/?X-Amz-Signature=***&x=1"),
        ("https://host/?a=1&access_token=abc#f", "https://host/?a=1&access_token=***#f"),
        ("me@example.org wrote key=value", "me@example.org wrote key=value"),
    ],
)
def test_secrets_are_hidden_and_nothing_else(text: str, shown: str) -> None:
    """User names count as secrets: a token may stand in their place."""
    assert redact(text) == shown


@given(st.text(st.characters(exclude_characters="/?#\"'<>@", exclude_categories=["Z", "C"]), min_size=3))
def test_no_password_survives(password: str) -> None:
    """Whatever characters it has, short of those that end an address."""
    assert password not in redact(f"x https://-:{password}@-/ y").replace("***", "")
