from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildpack_release.versions.markdown import Role, line_end, read_lines, split_lines

PIECES = st.sampled_from(
    ["# A", "## [1.0.0]", "- item", "  ```", "```", "````", "~~~", "<!--", "-->", "\n", "\r\n", "\r", " ",
     "\x0c", "\u2028", "[a]: b", "text", "\t", "- ", "é", "\ufeff"]
)  # fmt: skip


def headings(text: str) -> list[str]:
    return [f"{line.level} {line.title}" for line in read_lines(text) if line.role is Role.HEADING]


@given(st.lists(PIECES).map("".join) | st.text())
def test_no_byte_is_lost(text: str) -> None:
    """The lines, joined, are the text: whatever is not understood is kept."""
    assert "".join(line.text for line in read_lines(text)) == text
    assert all("\n" not in line[:-1] and line for line in split_lines(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("## [Unreleased]\r\n", "2 [Unreleased]"),
        ("   ### Added ###  \n", "3 Added"),
        ("##\tTabbed", "2 Tabbed"),
        ("## C#", "2 C#"),
        ("##", "2 "),
    ],
)
def test_headings(text: str, expected: str) -> None:
    """As CommonMark has them: up to three blanks before, a closing sequence after."""
    assert headings(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "##Nothing\n",
        "####### Seven\n",
        "    ## Indented code\n",
        "```\n## In a fence\n```\n",
        "~~~ text\n## In a fence\n```\n## Still\n~~~\n",
        "````md\n```\n## Nested\n```\n````\n",
        "- item\n\n  ```\n  ## In an item's fence\n  ```\n",
        "- ```\n  ## The fence opens in the item's line\n  ```\n",
        "1. a\n   - b\n\n     ```sh\n     ## deep\n     ```\n",
        "<!--\n## In a comment\n-->\n",
        "<!-- one -- two\n### Added\n",
        "```\n## The fence is never closed\n",
    ],
)
def test_what_only_looks_like_a_heading(text: str) -> None:
    """Code and comments are not read: releases must not be found in examples."""
    assert headings(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "```\ncode\n```\n## After\n",
        "```\ncode\n  ```  \n## After\n",
        "- item\n  ```\n  the item ends before its fence\n## After\n",
        "``` not ` a fence\n## After\n",
        "<!-- one line -->\n## After\n",
        "<!--\nmany\n--> rest\n## After\n",
    ],
)
def test_code_and_comments_end(text: str) -> None:
    """What comes after is read again."""
    assert headings(text) == ["2 After"]


def test_definitions() -> None:
    """Link reference definitions, but no footnotes and no link in a sentence."""
    lines = read_lines("[Unreleased]: https://example.org\n  [1.0.0]: <b>\n[^1]: note\n[a] b: c\n")
    assert [line.title for line in lines if line.role is Role.DEFINITION] == ["Unreleased", "1.0.0"]


@pytest.mark.parametrize(("line", "end"), [("a\n", "\n"), ("a\r\n", "\r\n"), ("a", ""), ("\n", "\n")])
def test_line_ends(line: str, end: str) -> None:
    """Both of them are kept."""
    assert line_end(line) == end
