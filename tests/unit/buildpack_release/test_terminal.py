"""Text on terminals: folded at their width, coloured if they show it; files and pipes get it as it is."""

from __future__ import annotations

import io

import pytest

from buildpack_release.terminal import Style, fitted, styled, width_of


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "30")
    monkeypatch.setenv("TERM", "xterm")


def test_files_have_no_width() -> None:
    """So that programs, and people who search, get whole lines."""
    line = "word " * 40
    assert width_of(io.StringIO()) is None
    assert fitted(line, io.StringIO()) == line


def test_a_table_continues_in_one_column() -> None:
    """All its rows in the same one, which starts in the left half; cells stay whole where they can."""
    table = (
        "ID        VERSION  TARGETS      PLACE\n"
        "acme/a    1.0.0    linux/amd64  buildpacks/a\n"
        "acme/all  1.0.0    -            buildpacks/all\n"
    )
    assert fitted(f"{table}\nshort\n", Terminal()) == (
        "ID        VERSION  TARGETS\n          PLACE\n"
        "acme/a    1.0.0    linux/amd64\n          buildpacks/a\n"
        "acme/all  1.0.0    -\n          buildpacks/all\n"
        "\nshort\n"
    )


def test_prose_continues_a_little_inside() -> None:
    """Where there is no column."""
    assert fitted("  one two three four five six seven", Terminal()) == (
        "  one two three four five six\n    seven"
    )


def test_words_are_not_broken() -> None:
    """A path or a digest is copied as a whole, however long it is."""
    word = f"sha256:{'0' * 64}"
    assert fitted(word, Terminal()) == word
    assert fitted(f"it is {word} now and for ever", Terminal()).splitlines()[1].strip() == word


def test_a_long_word_begins_where_it_fits() -> None:
    """Not below its column, if it would leave the terminal there."""
    table = f"acme/a    it is  {'a' * 24}\nacme/all  -      b\n"
    assert fitted(table, Terminal()).splitlines() == [
        "acme/a    it is",
        f"      {'a' * 24}",
        "acme/all  -      b",
    ]


def test_a_terminal_may_not_tell_its_width(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then lines stay as they are, as they do for a nonsensical COLUMNS."""
    monkeypatch.setenv("COLUMNS", "wide")
    assert width_of(Terminal()) is None


@pytest.mark.parametrize(
    ("variables", "terminal", "coloured"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"TERM": "dumb"}, True, False),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": "0"}, False, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False),
    ],
)
def test_colour(
    variables: dict[str, str], terminal: bool, coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As no-color.org and force-color.org have it."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    stream = Terminal() if terminal else io.StringIO()
    assert styled("x", Style.HEADING, stream) == ("\x1b[1mx\x1b[0m" if coloured else "x")
