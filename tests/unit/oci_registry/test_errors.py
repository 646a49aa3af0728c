"""An expected fault says what is wrong, where, why, and what to do about it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from oci_registry.errors import ExpectedError, shown_path

if TYPE_CHECKING:
    import pytest


def test_message_has_place_title_detail_and_advice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What, where, why and what to do about it, in this order."""
    monkeypatch.chdir(tmp_path)
    error = ExpectedError(
        "no pear", detail="It rained.\nA lot.", advice="Plant one.", file=tmp_path / "a/b.toml", line=7
    )
    assert str(error) == "a/b.toml:7: no pear\n  It rained.\n  A lot.\n  Plant one."
    assert str(ExpectedError("no pear")) == "no pear"


def test_paths_outside_the_current_directory_are_absolute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`../../..` is hard to read."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert shown_path(tmp_path / "there") == str(tmp_path / "there")


def test_a_name_that_is_not_utf8_can_be_printed(tmp_path: Path) -> None:
    """Such names come from the file system; printing them must not fail."""
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.toml"))
    shown_path(path).encode("utf-8")
    assert "\\udcff" in str(ExpectedError("x", file=path))


def test_an_error_has_the_lines_that_it_was_given_and_no_others() -> None:
    """Its title is one line, and nothing in it is a command to a terminal or a CI."""
    error = ExpectedError("no 1\n::error::x", detail="a\x1b[2J\n::error::y", advice="##[error]z")
    assert str(error).splitlines() == [
        "no 1\\n::error::x",
        "  a\\x1b[2J",
        "  \\x3a:error::y",
        "  #\\x23[error]z",
    ]
