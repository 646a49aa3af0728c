"""Errors of registries: the right class, text that can be shown, nothing secret."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oci_registry.errors import (
    AccessDeniedError,
    NoSpaceError,
    NotFoundError,
    RegistryConflictError,
    RejectedError,
    UnavailableError,
)
from oci_registry.remote.error_answers import error_codes, error_for, redacted, server_text

keys = st.sampled_from(["errors", "code", "message"])
documents = st.recursive(
    st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(keys, inner)
)


@pytest.mark.parametrize(
    ("status", "kind", "transient"),
    [
        (400, RejectedError, False),
        (401, AccessDeniedError, False),
        (403, AccessDeniedError, False),
        (404, NotFoundError, False),
        (405, RejectedError, False),
        (408, UnavailableError, True),
        (409, RegistryConflictError, False),
        (412, RegistryConflictError, False),
        (413, RejectedError, False),
        (429, UnavailableError, True),
        (500, UnavailableError, True),
        (503, UnavailableError, True),
        (507, NoSpaceError, False),
    ],
)
def test_each_status_has_its_class(status: int, kind: type, transient: bool) -> None:
    error = error_for("GET", "https://example.com/v2/", status, b"")
    assert (type(error), error.transient, error.status) == (
        kind,
        transient,
        status,
    )


def test_the_registrys_own_codes_are_kept_and_shown() -> None:
    body = json.dumps(
        {"errors": [{"code": "DENIED", "message": "no"}, {"code": "TOOMANYREQUESTS"}, "x", {"detail": 1}]}
    ).encode()
    error = error_for("PUT", "https://example.com/v2/a", 403, body)
    assert error.codes == ("DENIED", "TOOMANYREQUESTS")
    assert error.detail == "DENIED: no; TOOMANYREQUESTS"


@given(st.binary(max_size=200))
def test_any_body_makes_an_error_that_can_be_shown(body: bytes) -> None:
    error = error_for("GET", "https://example.com/", 418, body)
    assert str(error).replace("\n", "").isprintable()


@given(documents)
def test_any_json_is_survived(document: object) -> None:
    codes, text = error_codes(json.dumps(document).encode())
    assert all(isinstance(code, str) for code in codes)
    assert isinstance(text, str)


def test_secrets_control_characters_and_length_are_taken_out() -> None:
    text = server_text("got hunter2\x1b[31m\n" + "x" * 1000, secrets=["hunter2", ""])
    assert text.startswith("got *** [31m x")
    assert len(text) < 510


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://user:pw@example.com:8443/a/b?token=x#y", "https://example.com:8443/a/b"),
        ("http://[::1]:5000/v2/", "http://[::1]:5000/v2/"),
        ("/v2/a?_state=secret", "/v2/a"),
        ("http://[broken", "(unreadable URL)"),
        ("http://host:port/", "(unreadable URL)"),
    ],
)
def test_urls_are_shown_without_what_may_be_secret(url: str, expected: str) -> None:
    assert redacted(url) == expected


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (403, "adding 9 MiB will exceed the configured upper limit of storage resource", NoSpaceError),
        (412, "Quota exceeded when processing the request", NoSpaceError),
        (413, "your storage limit is reached", NoSpaceError),
        (403, "requested access to the resource is denied", AccessDeniedError),
        (429, "Quota exceeded for requests per minute", UnavailableError),
    ],
)
def test_a_full_registry_is_told_from_a_forbidden_one(status: int, message: str, kind: type) -> None:
    """By its words, since there is no code for it; too many requests are something else."""
    body = json.dumps({"errors": [{"code": "DENIED", "message": message}]}).encode()
    assert type(error_for("PUT", "https://example.com/v2/", status, body)) is kind
