"""The title and text of a request, as the registry's workflow reads them."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from buildpack_common.parsing import parse_toml
from buildpack_release.registration.registration_request import RegistrationRequest, address_in

ADDRESS = "registry.example/acme/one@sha256:" + "a" * 64
REQUEST = RegistrationRequest("acme/one", "1.2.3", ADDRESS)


def test_the_workflow_reads_the_text_without_its_backticks() -> None:
    """It takes off the backticks alone: the name of a language after them would not be TOML."""
    assert REQUEST.title == "ADD acme/one@1.2.3"
    assert parse_toml(REQUEST.body.replace("```", "")) == {
        "id": "acme/one",
        "version": "1.2.3",
        "addr": ADDRESS,
    }


def test_the_page_is_filled_in() -> None:
    """Spaces and line ends survive the address."""
    parts = urlsplit(REQUEST.page("https://forge.example", "acme/index"))
    assert (parts.netloc, parts.path) == ("forge.example", "/acme/index/issues/new")
    assert parse_qs(parts.query) == {"title": [REQUEST.title], "body": [REQUEST.body]}
    assert "+" not in parts.query


@pytest.mark.parametrize("body", [REQUEST.body, REQUEST.body.replace("\n", "\r\n"), f"\n{REQUEST.body}\n\n"])
def test_the_address_is_found_again(body: str) -> None:
    """As code hosts give a text back."""
    assert address_in(body) == ADDRESS


@pytest.mark.parametrize("body", ["", "hello", "addr = 1", "```\naddr\n```"])
def test_other_texts_have_no_address(body: str) -> None:
    assert address_in(body) == ""
