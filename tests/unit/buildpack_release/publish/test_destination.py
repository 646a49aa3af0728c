"""The option --to."""

from __future__ import annotations

from pathlib import Path

import pytest

from buildpack_release.errors import ExitCode, UsageError, exit_code_of
from buildpack_release.publish.destination import parse_destination, shown
from oci_registry.reference import Reference


@pytest.mark.parametrize(
    ("text", "destination", "said"),
    [
        ("localhost:5000/acme", Reference("localhost:5000", "acme"), "localhost:5000/acme"),
        ("localhost:5000/acme/", Reference("localhost:5000", "acme"), "localhost:5000/acme"),
        ("Registry.example/a/b-c", Reference("registry.example", "a/b-c"), "registry.example/a/b-c"),
        ("oci:out", Path("out"), "oci:out"),
        ("oci:/a b/c:d", Path("/a b/c:d"), "oci:/a b/c:d"),
    ],
)
def test_a_namespace_or_a_directory(text: str, destination: Reference | Path, said: str) -> None:
    assert parse_destination(text) == destination
    assert shown(destination) == said


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "oci:",
        "localhost:5000",
        "localhost:5000/",
        "acme/strata",
        "localhost:5000/acme:1.0.0",
        "localhost:5000/acme@sha256:" + "0" * 64,
        "docker://localhost:5000/acme",
        "https://me:hunter2@localhost:5000/acme",
        "localhost:5000/Acme",
    ],
)
def test_anything_else_is_a_usage_error_that_says_what_to_write(text: str) -> None:
    """A forgotten host must not publish to somebody else's, and a URL may hold a password."""
    with pytest.raises(UsageError) as caught:
        parse_destination(text)
    assert exit_code_of(caught.value) is ExitCode.USAGE
    assert caught.value.detail or caught.value.advice
    assert "hunter2" not in str(caught.value)
