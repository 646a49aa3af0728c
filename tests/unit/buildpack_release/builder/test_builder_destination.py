from __future__ import annotations

from pathlib import Path

import pytest

from buildpack_release.builder.builder_destination import parse_destination
from buildpack_release.errors import UsageError
from oci_registry.reference import Reference


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("oci:some where", Path("some where")),
        ("/x/y:1", Path("/x/y:1")),
        ("./acme/builder", Path("acme/builder")),
        ("../out", Path("../out")),
        ("out", Path("out")),
        ("there/new", Path("there/new")),
        ("there", Path("there")),
        ("localhost:5000/acme/builder:1", Reference("localhost:5000", "acme/builder", "1")),
        ("registry.example.com/acme/builder", Reference("registry.example.com", "acme/builder", "latest")),
    ],
)
def test_directories_and_references_are_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, expected: object
) -> None:
    (tmp_path / "there").mkdir()
    monkeypatch.chdir(tmp_path)
    assert parse_destination(text) == expected


@pytest.mark.parametrize(
    "text", ["", "acme/builder", "acme/builder:1", "builder:1", "registry.example.com/acme/Builder:1"]
)
def test_a_forgotten_registry_is_not_taken_for_a_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError):
        parse_destination(text)


def test_a_digest_is_no_destination() -> None:
    """It is what comes out."""
    with pytest.raises(UsageError, match="cannot be pushed to the digest"):
        parse_destination(f"registry.example.com/acme/builder@sha256:{'0' * 64}")
