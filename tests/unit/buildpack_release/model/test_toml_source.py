from __future__ import annotations

from pathlib import Path

import pytest

from buildpack_release.errors import CheckFailed, ReleaseError
from buildpack_release.model.toml_lines import newer_syntax
from buildpack_release.model.toml_source import TomlSource


def test_nearest_line_of_an_absent_key(tmp_path: Path) -> None:
    """A missing key is reported at the table it belongs to."""
    source = TomlSource.parse("\n[a]\n[a.b]\nc = 1\n", tmp_path / "x")
    assert source.line("a", "b", "c") == 4
    assert source.line("a", "b", "missing") == 3
    assert source.line("missing") is None
    assert source.line() is None


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        (b"a = 1\nb = \nc = 1\n", 2, "not valid TOML"),
        (b"a = 1\na = 2\n", 2, "not valid TOML"),
        (b"\n\na = [1,\n\n", 3, "not valid TOML"),
        (b"a = 1\n# \xff\n", 2, "not UTF-8"),
        (b"\xef\xbb\xbfa = 1\n", 1, "a byte order mark"),
        (b"a = " + b"[" * 50_000, None, "not valid TOML"),
    ],
)
def test_broken_files_are_errors_with_a_line(
    tmp_path: Path, content: bytes, line: int | None, said: str
) -> None:
    """The fault is found by its file and line, whatever the parser's exception looks like."""
    path = tmp_path / "x.toml"
    path.write_bytes(content)
    with pytest.raises(CheckFailed) as caught:
        TomlSource.read(path)
    assert said in caught.value.title
    assert caught.value.file == path
    if line is not None:
        assert caught.value.line == line


def test_unreadable_file(tmp_path: Path) -> None:
    """A directory or nothing at all in its place is an expected fault."""
    (tmp_path / "folder").mkdir()
    for name in ("absent", "folder"):
        with pytest.raises(ReleaseError, match="cannot read this file") as caught:
            TomlSource.read(tmp_path / name)
        assert caught.value.file == tmp_path / name


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("a = 1\nb = { c = 1,\n  d = 2 }\n", 2, "an inline table of several lines"),
        ("b = { c = 1, # why\n }\n", 1, "an inline table of several lines"),
        ("\nb = { c = 1, }\n", 2, "a comma before the end of an inline table"),
        ('a = "x"\nb = "\\\\ \\e[0m"\n', 2, "the escape \\e"),
        ('a = """\none\n\\x41"""\n', 3, "the escape \\x"),
        ('"\\x41" = 1\n', 1, "the escape \\x"),
        ("a = [\n07:32]\n", 2, "a time without seconds"),
        ("a = 2026-01-01T07:32Z\n", 1, "a time without seconds"),
    ],
)
def test_what_only_toml_1_1_has(text: str, line: int, what: str) -> None:
    """Whether Python's own parser knows it depends on the Python; pack never does."""
    assert newer_syntax(text) == (line, what)


@pytest.mark.parametrize(
    "text",
    [
        "a = { b = [\n1,\n2,\n], c = 'x\\e' }\n",
        "a = \"\\\\e \\\\x41\"\nb = '''\\e'''\n",
        "a = {}\nb = { c = {} , d = 1 }\n# 07:32 { a, }\n",
        "a = 07:32:00\nb = 2026-01-01\nc = 2026-01-01T07:32:00Z\nd = 1\n",
    ],
)
def test_what_toml_1_0_has(text: str) -> None:
    """No false alarm: not in literal strings, comments and arrays inside inline tables."""
    assert newer_syntax(text) is None
    TomlSource.parse(text, Path("x"))


def test_toml_1_1_is_refused_on_every_python(tmp_path: Path) -> None:
    """By the parser or by us, with the line."""
    path = tmp_path / "x.toml"
    path.write_text("a = 1\nb = { c = 1,\n d = 2 }\n")
    with pytest.raises(CheckFailed) as caught:
        TomlSource.read(path)
    assert caught.value.line in {2, 3}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a = 9223372036854775808\n", 1),
        ("[a]\nb = [1,\n -9223372036854775809]\n", 3),
        ("a = 0x8000000000000000\n", 1),
    ],
)
def test_an_integer_of_more_than_64_bits(text: str, line: int) -> None:
    """Python takes any; the lifecycle and pack end in an error."""
    with pytest.raises(CheckFailed, match="64 bits") as caught:
        TomlSource.parse(text, Path("x"))
    assert caught.value.line == line
    TomlSource.parse("a = 9223372036854775807\nb = -9223372036854775808\n", Path("x"))
