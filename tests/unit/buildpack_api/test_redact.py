from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildpack_api.redact import hide, hide_credentials, redact


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://user:pass@example.org/simple", "https://***@example.org/simple"),
        (
            "pip --index-url=https://token@example.org/x -r r.txt",
            "pip --index-url=https://***@example.org/x -r r.txt",
        ),
        ("PIP_INDEX_URL=https://u:p@h/s", "PIP_INDEX_URL=https://***@h/s"),
        ("pkg @ git+https://u:p@h/s.git@v1", "pkg @ git+https://***@h/s.git@v1"),
        ("https://u:p@ss@h/s", "https://***@h/s"),
        ("https://u:p/a@h/s", "https://***@h/s"),
        ("https://u:@h http://x@h", "https://***@h http://***@h"),
        ("'https://u:p@h/s'", "'https://***@h/s'"),
        ("https://h/f?X-Amz-Signature=abc&v=1", "https://h/f?X-Amz-Signature=***&v=1"),
        ("https://h/f?v=1&access_token=abc#frag", "https://h/f?v=1&access_token=***#frag"),
    ],
)
def test_credentials_are_replaced(text: str, shown: str) -> None:
    assert redact(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "https://example.org/simple/",
        "https://example.org:8080/a@b",
        "git+https://example.org/x.git@v1.0",
        "someone@example.org",
        "requests==2.32 --hash=sha256:abc",
        "https://example.org/?page=2&order=name",
    ],
)
def test_everything_else_stays(text: str) -> None:
    assert redact(text) == text


SECRET = st.text("abcXYZ019:@/!$%&+=.~-", min_size=6, max_size=12)


@given(SECRET.filter(lambda secret: not secret[0].isdigit()))
def test_no_password_survives(secret: str) -> None:
    marked = f"S{secret}S"
    assert marked not in redact(f"Looking in indexes: https://user:{marked}@example.org/simple")


def test_a_secret_that_was_made_known_is_replaced_wherever_it_stands() -> None:
    hide("known-to-nobody")
    hide("abc")
    assert redact("TOKEN=known-to-nobody abc") == "TOKEN=*** abc"


def test_passwords_of_addresses_are_hidden_on_their_own_as_well() -> None:
    hide_credentials("-i https://me:of%2Fthe-first@a/ git+https://of-the-second@b/ ssh://somebody@c/ d@e")
    assert redact("of/the-first of%2Fthe-first of-the-second somebody") == "*** *** *** somebody"


@pytest.mark.parametrize(
    "text",
    ["https://${TOKEN}@host/x", "git+https://${USER}:${PASSWORD}@host/x", "https://host/x?token=${TOKEN}"],
)
def test_the_name_of_a_variable_that_was_not_filled_in_is_no_secret(text: str) -> None:
    hide_credentials(text)
    assert redact(text) == text


@pytest.mark.parametrize("text", ["https://${A}word@host/", "https://${A}:b@host/", "https://h/?token=${A}b"])
def test_what_has_more_than_the_name_is_one(text: str) -> None:
    assert "***" in redact(text)
