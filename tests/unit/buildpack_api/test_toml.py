from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildpack_api import toml

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
SCALARS = (
    TEXT | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.datetimes()
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(TEXT, VALUES, max_size=4))
def test_what_is_written_is_read_back_equal(document: dict[str, Any]) -> None:
    """Nested tables, unicode, control characters, blank and odd keys."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "x.toml")
        toml.write(path, document)
        assert toml.load(path) == document


def test_keys_keep_their_order() -> None:
    assert toml.dumps({"b": 1, "a": 2}) == "b = 1\na = 2\n"


def test_a_syntax_error_names_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text('a = 1\nb = "unclosed\n')
    with pytest.raises(toml.TomlError, match=r"x\.toml:2: not valid TOML") as caught:
        toml.load(path)
    assert (caught.value.path, caught.value.line) == (path, 2)


@pytest.mark.parametrize("text", ["a = ", "a", "[t", 'a = """'])
def test_an_error_at_the_end_of_the_file_is_an_error_too(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.toml"
    path.write_text(f"{text}\n")
    with pytest.raises(toml.TomlError, match=r"x\.toml:1: not valid TOML"):
        toml.load(path)


def test_other_encodings_are_said_by_name(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes('a = "é"'.encode("latin-1"))
    with pytest.raises(toml.TomlError, match="not encoded in UTF-8") as caught:
        toml.load(path)
    assert caught.value.detail == "Line 1 holds the byte 0xE9."


def test_a_byte_order_mark_is_not_called_an_invalid_statement(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(b"\xef\xbb\xbfa = 1\n")
    with pytest.raises(toml.TomlError, match="begins with a byte order mark"):
        toml.load(path)


@pytest.mark.parametrize("is_directory", [False, True])
def test_a_missing_or_unreadable_file_is_an_expected_fault(tmp_path: Path, is_directory: bool) -> None:
    path = tmp_path / "x.toml"
    if is_directory:
        path.mkdir()
    with pytest.raises(toml.TomlError, match=r"Cannot read .*x\.toml: "):
        toml.load(path)
