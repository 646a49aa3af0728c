"""Nothing that others wrote drives a terminal or a CI, whatever it is."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from buildpack_common.terminal_text import one_line, printable

HOSTILE = [
    ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
    ("\x9b31m", "\\x9b31m"),
    ("a\rb", "a\\rb"),
    ("\u202eexe.txt", "\\u202eexe.txt"),
    ("\u2066x\u2069", "\\u2066x\\u2069"),
    ("\u200b::error::x", "\\u200b::error::x"),
    ("\udcff", "\\udcff"),
    ("::error::no", "\\x3a:error::no"),
    ("  \t::set-output name=x::y", "  \t\\x3a:set-output name=x::y"),
    ("##[error]x and ##vso[task.setvariable]y", "#\\x23[error]x and #\\x23vso[task.setvariable]y"),
]


@pytest.mark.parametrize(("text", "shown"), HOSTILE)
def test_what_could_do_something_is_escaped(text: str, shown: str) -> None:
    """Colours, a bell, C1, overwriting a line, reversed text, what is no text at all, commands."""
    assert printable(text) == shown


def test_ordinary_text_stays_as_it_is() -> None:
    """Of several lines, in any language, with what merely looks like commands."""
    text = "Größe\t漢字 ✓\n\nstd::vector\n## [Unreleased]\n### Added\n#[x] a::b ##\n"
    assert printable(text) == text
    assert printable("a\r\nb\r\n") == "a\nb\n"


def test_a_value_is_one_line() -> None:
    """A version with a line end would begin a line of its own."""
    assert one_line("1.0\n::error::x\ty\r\n") == "1.0\\n::error::x\\ty\\r\\n"
    assert one_line("plain") == "plain"


@given(st.text())
@example("\n\n::x")
@example("\x0b::x")
@example("\u2028::x")
@example("##\u200b[x]")
def test_whatever_it_is(text: str) -> None:
    """Nothing but visible characters, blanks and line ends; no line that is a command; and only once."""
    for shown in (printable(text), one_line(text)):
        assert all(char.isprintable() or char in "\n\t" for char in shown)
        assert not any(
            unicodedata.category(char) in {"Cc", "Cf", "Cs"} for char in shown if char not in "\n\t"
        )
        assert not any(line.lstrip().startswith("::") for line in shown.splitlines())
        assert not re.search(r"##[\w.-]*\[", shown)
        assert printable(shown) == shown
    assert "\n" not in one_line(text)
