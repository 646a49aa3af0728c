"""Nothing that is printed holds a secret, and hostile text costs no more than harmless text."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from buildpack_common.redaction import (
    has_unreadable_host,
    hide,
    hide_credentials,
    redact,
    redact_beginning,
    without_credentials,
)

ADDRESSES = [
    ("https://user:pass@example.org/simple", "https://***@example.org/simple"),
    ("https://token@host", "https://***@host"),
    ("GET https://user:pass@host:1/x failed", "GET https://***@host:1/x failed"),
    ("pip --index-url=https://token@host/x -r r.txt", "pip --index-url=https://***@host/x -r r.txt"),
    ("PIP_INDEX_URL=https://u:p@h/s", "PIP_INDEX_URL=https://***@h/s"),
    ("pkg @ git+https://u:p@h/s.git@v1", "pkg @ git+https://***@h/s.git@v1"),
    ("https://u:p@ss@h/s", "https://***@h/s"),
    ("https://u:p/a@h/s", "https://***@h/s"),
    ("https://user:pa/ss@host", "https://***@host"),
    ("Looking in indexes: https://user:pa/Sw0rd@h/s, https://h/", "Looking in indexes: https://***@h/s, https://h/"),
    ("https://u:a?b#c@h/s", "https://***@h/s"),
    ("https://u:a:b@h/s", "https://***@h/s"),
    ("https://u:@h http://x@h", "https://***@h http://***@h"),
    ("'https://u:p@h/s'", "'https://***@h/s'"),
    ("a=http://u:p@h1,b=https://q:r@h2", "a=http://***@h1,b=https://***@h2"),
    ("http://h:80,https://u:p@h2", "http://h:80,https://***@h2"),
]  # fmt: skip
"""What everybody agrees on: also what is compared."""

PARAMETERS = [
    ("https://h/f?X-Amz-Signature=abc&v=1", "https://h/f?X-Amz-Signature=***&v=1"),
    ("https://h/f?v=1&access_token=abc#frag", "https://h/f?v=1&access_token=***#frag"),
    ("https://h/f?passwd=abc", "https://h/f?passwd=***"),
    ("https://h/f?my_token=abc", "https://h/f?my_token=***"),
    ("https://h/f?sv=1&sig=abc", "https://h/f?sv=1&sig=***"),
    ("https://h/f?auth=abc", "https://h/f?auth=***"),
    ("https://h/f;token=abc?v=1", "https://h/f;token=***"),
    ("https://h/f#access_token=abc", "https://h/f#access_token=***"),
    ("https://h/f?access%5Ftoken=abc&apiKey=d", "https://h/f?access%5Ftoken=***&apiKey=***"),
    ("https://h/f?AWSAccessKeyId=a&Signature=b", "https://h/f?AWSAccessKeyId=***&Signature=***"),
]

UNCLEAR = [
    ("https://user:p@ss/w@rd@host/x", "https://***@host/x"),
    ("https://user:a://b@host", "https://***@host"),
    ("https://user:first-half,x://rest@host", "https://***@host"),
    ("https://user:o'brien/1@host", "https://***@host"),
    ("git+https://u:p@ss/word@host/x.git", "git+https://***@host/x.git"),
]
"""An "@" or a quote in a password is written otherwise (RFC 3986), but people do."""

HEADERS = [
    ("> Authorization: Basic dXNlcjpwYXNz", "> Authorization: ***"),
    ("curl -H 'Authorization: Bearer abc' https://h", "curl -H 'Authorization: ***' https://h"),
    ("{'Proxy-Authorization': 'Basic abc', 'x': 'y'}", "{'Proxy-Authorization': '***', 'x': 'y'}"),
    ('{"authorization": "Digest a=\\"b\\", c", "x": 1}', '{"authorization": "***", "x": 1}'),
    (r"b'GET / HTTP/1.1\r\nAuthorization: Basic abc\r\n'", r"b'GET / HTTP/1.1\r\nAuthorization: ***\r\n'"),
    ("PRIVATE-TOKEN: abc\nHost: h", "PRIVATE-TOKEN: ***\nHost: h"),
    ("X-Api-Key: abc", "X-Api-Key: ***"),
    ("Set-Cookie: session=abc; Path=/", "Set-Cookie: ***"),
]

HARMLESS = [
    "https://example.org/simple/",
    "https://example.org:8080/a@b",
    "http://[::1]:8080/a@b",
    "https://host/a@b",
    "git+https://example.org/x.git@v1.0",
    "someone@example.org",
    "me@example.org wrote key=value",
    "requests==2.32 --hash=sha256:abc",
    "https://example.org/?page=2&order=name&author=somebody",
    "UNAUTHORIZED: authentication required",
    "https://user:${TOKEN}@host/simple ?token=${TOKEN}",
    "https://${TOKEN}@host https://${USER}:${PASSWORD}@host",
    "Authorization: Bearer ${TOKEN}",
    "",
]


@pytest.mark.parametrize(("text", "shown"), [*ADDRESSES, *PARAMETERS, *UNCLEAR, *HEADERS])
def test_credentials_are_replaced(text: str, shown: str) -> None:
    """User names count as secrets: a token may stand in their place."""
    assert redact(text) == shown
    assert redact(shown) == shown


@pytest.mark.parametrize("text", HARMLESS)
def test_everything_else_stays(text: str) -> None:
    """Also a variable that was not expanded: its name is what the user has to look at."""
    assert redact(text) == text


@pytest.mark.parametrize(
    "text",
    ["https://${TOKEN}@host/x", "git+https://${USER}:${PASSWORD}@host/x", "https://host/x?token=${TOKEN}"],
)
def test_the_name_of_a_variable_does_not_become_a_secret(text: str) -> None:
    """Nor if somebody hides all credentials of an address: it would be gone from every message."""
    hide_credentials(text)
    assert redact(text) == text


@pytest.mark.parametrize("text", ["https://${A}word@host/", "https://${A}:b@host/", "https://h/?token=${A}b"])
def test_what_has_more_than_the_name_is_one(text: str) -> None:
    assert "***" in redact(text)


@pytest.mark.parametrize(("text", "compared"), [*ADDRESSES, *PARAMETERS])
def test_what_is_compared_has_no_credentials_either(text: str, compared: str) -> None:
    assert without_credentials(text) == compared


def test_what_is_compared_keeps_the_host_whatever_is_in_the_path() -> None:
    """Protects against taking a layer that was made from another host for what is wanted."""
    assert without_credentials("https://u:p@one/@a/x") != without_credentials("https://u:p@two/@a/x")
    assert redact("https://u:p@one/@a/x") == "https://***@a/x"


def test_what_is_compared_does_not_depend_on_what_is_hidden() -> None:
    hide("simple")
    assert without_credentials("https://h/simple") == "https://h/simple"
    assert without_credentials("https://u:${A}@h") == without_credentials("https://u:${B}@h")


PASSWORD = st.text("abcXYZ019:@/?#!$%&+=.,;~'\"<>-", min_size=8, max_size=24)
PLACES = [
    "Looking in indexes: https://user:{}@example.org/simple",
    "ERROR: HTTP error 401 while getting http://{}:x-oauth-basic@host:80/a.whl (from https://h/)",
    "pkg @ git+https://oauth2:{}@host/x.git@v1#egg=pkg",
    "https://h/,https://user:{}@host",
    "https://h/x?v=1&token={}",
    "https://h/x;sig={}",
    "> Authorization: Bearer {}",
    "{{'Authorization': 'Basic {}'}}",
    "no pattern around {} at all",
]


@pytest.mark.parametrize("place", PLACES)
@given(password=PASSWORD)
@example(password="with/slash")
@example(password="with@sign/and/slash")
@example(password="12345/after-digits")
@example(password="a://b@c://d@e")
def test_no_known_secret_survives(place: str, password: str) -> None:
    """Wherever it is planted, as it is and percent-encoded."""
    secret = f"S{password}S"
    hide(secret)
    for written in (secret, quote(secret, safe="")):
        assert written not in redact(f"before {place.format(written)} after")


@pytest.mark.parametrize("place", PLACES[:-1])
@given(password=PASSWORD)
@example(password="with/slash")
@example(password="with@sign/and/slash")
def test_no_secret_survives_that_nobody_made_known(place: str, password: str) -> None:
    """Encoded as addresses want it; as it is, in the password's place with all but blanks."""
    secret = f"S{password}S"
    shown = redact(place.format(quote(secret, safe="")))
    assert quote(secret, safe="") not in shown
    if "user:{}@" in place:
        assert secret not in redact(place.format(secret))


def test_a_secret_that_was_made_known_is_replaced_wherever_it_stands() -> None:
    hide("known-to-nobody")
    hide("abc")
    hide("of two\nlines of it")
    assert redact("TOKEN=known-to-nobody abc") == "TOKEN=*** abc"
    assert redact("of two / lines of it") == "*** / ***"


def test_secrets_that_overlap_leave_nothing_of_either() -> None:
    hide("abcdef-ghi")
    hide("ghi-uvwxyz")
    assert redact("abcdef-ghi-uvwxyz") == "***"


def test_passwords_of_addresses_are_hidden_on_their_own_as_well() -> None:
    hide_credentials(
        "-i https://me:of%2Fthe-first@a/ git+https://of-the-second@b/ ssh://somebody@c/ d@e http://u:of/third@f"
    )
    assert redact("of/the-first of%2Fthe-first of-the-second somebody of/third") == "*** *** *** somebody ***"


@pytest.mark.parametrize(
    ("beginning", "shown"),
    [
        ("a line with https://user:half-of-a-pass", "a line with"),
        ("a line that ends after a word ", "a line that ends after a word"),
        ("x=https://user:half-of-a-pass", "x=https://"),
        ("https://h/?token=half-of-a-tok", "https://"),
        ("Authorization: Basic half", "Authorization: ***"),
        ("aaaa", "aaaa"),
    ],
)
def test_the_beginning_of_a_long_text_ends_before_what_may_be_half_a_secret(
    beginning: str, shown: str
) -> None:
    assert redact_beginning(beginning) == shown


def test_half_of_a_known_secret_is_left_out_too() -> None:
    hide("known-to-nobody")
    assert "known" not in redact_beginning("....................known-to-no")


LENGTH = 300_000
PIECES = [
    "a", "?", "@", "'", "=", "%", "://", "a://", "a:b@", "a://b:c,", "a://b:c@", "a://b:c/", "a://${A}:",
    "?token=", "?token=;", "?%41=", "&a=b", "authorization:", "Authorization: '", 'Authorization: "\\',
    "-token:\t", "authorization ", "${A}", "git+https://u:p@h/x@", " http://u:p", "\n",
]  # fmt: skip


@pytest.mark.parametrize("piece", PIECES)
def test_a_hostile_line_is_done_in_linear_time(piece: str) -> None:
    """Each took time by the square of its length, minutes for a third of this, or is shaped to do so."""
    hide("known-to-nobody")
    line = (piece * (LENGTH // len(piece) + 1))[:LENGTH]
    assert len(redact(line)) <= LENGTH
    assert len(without_credentials(line)) <= LENGTH + 2 * line.count("://@")
    hide_credentials(line)


@pytest.mark.parametrize(
    ("text", "unreadable"),
    [
        ("https://user:pass/word@host/simple/", True),
        ("https://user:pass#word@host/simple/", True),
        ("https://user:pass?word@host/simple/", True),
        ("--index-url https://user:password-host:80/simple/ https://host/", True),
        ("https://user:password@host/simple/", False),
        ("https://user:pass:word@host:8080/simple/", False),
        ("https://host:8080/simple/", False),
        ("'https://host:8080', <https://host:>", False),
        ("https://host:${PORT}/ https://host:{port}/", False),
        ("http://[::1]:80/ http://[::1]/", False),
        ("git+ssh://git@host:group/app.git ssh://host:group/app.git", False),
        ("https://host/a:b?c=d:e", False),
    ],
)
def test_an_address_without_a_readable_host_is_recognised(text: str, *, unreadable: bool) -> None:
    """Other programs show what they take for the port, and that is the password."""
    assert has_unreadable_host(text) is unreadable


@pytest.mark.parametrize("mark", "/?#")
def test_a_password_is_hidden_up_to_where_programs_see_its_end(mark: str) -> None:
    hide_credentials(f"https://user:first-part-{ord(mark)}{mark}end@host/")
    text = f"ValueError: Port could not be cast to integer value as 'first-part-{ord(mark)}'"
    assert redact(text).endswith("as '***'")
