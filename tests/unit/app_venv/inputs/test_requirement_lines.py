"""Reading requirements files by pip's rules."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app_venv.inputs.requirement_lines import RequirementLine, decode, expand, read_lines

DIGEST = "0" * 64


def read(text: str, **variables: str) -> list[RequirementLine]:
    return list(read_lines(text, variables))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("\n  \n# comment\n   # another\n", []),
        ("flask", [RequirementLine(1, "flask", "flask")]),
        ("flask  # web", [RequirementLine(1, "flask", "flask")]),
        ("flask#egg", [RequirementLine(1, "flask#egg", "flask#egg")]),
        (
            "\n\nflask\r\ndjango",
            [RequirementLine(3, "flask", "flask"), RequirementLine(4, "django", "django")],
        ),
        ("flask \\\n  ==1.0", [RequirementLine(1, "flask   ==1.0", "flask   ==1.0")]),
        ("a \\\n# comment\nb", [RequirementLine(1, "a", "a"), RequirementLine(3, "b", "b")]),
        ("a \\", [RequirementLine(1, "a", "a")]),
        ("-r other.txt", [RequirementLine(1, "-r other.txt", includes=("other.txt",))]),
        ("-rother.txt", [RequirementLine(1, "-rother.txt", includes=("other.txt",))]),
        ("--requirement=a b", [RequirementLine(1, "--requirement=a b", understood=False, includes=("a",))]),
        ("--requirem 'a b.txt'", [RequirementLine(1, "--requirem 'a b.txt'", includes=("a b.txt",))]),
        (
            "-c c.txt -r r.txt",
            [RequirementLine(1, "-c c.txt -r r.txt", includes=("r.txt",), constraints=("c.txt",))],
        ),
        ("-e .[dev]", [RequirementLine(1, "-e .[dev]", editables=(".[dev]",))]),
        ("--no-index --pre", [RequirementLine(1, "--no-index --pre")]),
        ("--unheard-of x", [RequirementLine(1, "--unheard-of x", understood=False)]),
        ("-r 'open", [RequirementLine(1, "-r 'open", understood=False)]),
        (
            'a; python_version < "4"',
            [RequirementLine(1, 'a; python_version < "4"', 'a; python_version < "4"')],
        ),
        (
            f"a==1 --hash=sha256:{DIGEST} \\\n --hash sha512:1",
            [
                RequirementLine(
                    1,
                    f"a==1 --hash=sha256:{DIGEST}  --hash sha512:1",
                    "a==1",
                    hashes=(f"sha256:{DIGEST}", "sha512:1"),
                )
            ],
        ),
    ],
)
def test_lines(text: str, expected: list[RequirementLine]) -> None:
    assert read(text) == expected


HASHES = st.lists(st.sampled_from([f"--hash=sha256:{DIGEST}", "--hash=sha512:1", "--hash=x_-:", ""])).map(
    " ".join
)


@given(HASHES)
def test_lines_of_lock_tools_are_read_as_the_parser_of_options_would(options: str) -> None:
    """They are not given to it, since it is slow to load; any other option makes it read the line."""
    (line,) = read(f"a==1 {options}")
    (parsed,) = read(f"a==1 {options} --pre")
    assert line.hashes == parsed.hashes == tuple(word.removeprefix("--hash=") for word in options.split())
    assert line.understood
    assert parsed.understood


@pytest.mark.parametrize(
    "option", ["--hash=", "--hash", "--hash=a'b", "--hash=a --hash", "--hashes=a", "--hash=a\tb"]
)
def test_what_only_looks_like_a_hash_is_left_to_the_parser_of_options(option: str) -> None:
    (line,) = read(f"a==1 {option}")
    (parsed,) = read(f"a==1 --pre {option}")
    assert (line.hashes, line.understood) == (parsed.hashes, parsed.understood)


def test_options_of_one_line_do_not_leak_into_the_next() -> None:
    first, second = read("-r a.txt\n-r b.txt")
    assert (first.includes, second.includes) == (("a.txt",), ("b.txt",))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${USER}", "me"),
        ("https://${USER}:${TOKEN}@host", "https://me:${TOKEN}@host"),
        ("$USER ${user} ${EMPTY}", "$USER ${user} ${EMPTY}"),
    ],
)
def test_variables_are_expanded_if_set_and_not_empty(text: str, expected: str) -> None:
    assert expand(text, {"USER": "me", "EMPTY": "", "user": "x"}) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"caf\xc3\xa9", "café"),
        (codecs.BOM_UTF8 + b"a", "a"),
        (codecs.BOM_UTF16_LE + "a".encode("utf-16-le"), "a"),
        (codecs.BOM_UTF32_LE + "a".encode("utf-32-le"), "a"),
        (b"# coding: latin-1\n\xe9", "# coding: latin-1\né"),
        (b"# coding: no-such-one\na", "# coding: no-such-one\na"),
        (b"\xff", "\udcff"),
    ],
)
def test_encodings(content: bytes, expected: str) -> None:
    assert decode(content) == expected


@given(st.binary())
def test_no_content_is_too_odd(content: bytes) -> None:
    """What is not a requirements file at all is for pip to refuse."""
    for line in read_lines(decode(content), {}):
        assert line.text


LINES = st.sampled_from(
    ["flask==1.0", "# comment", "", "-r x.txt", "a>=2  # b", f"b==1 --hash=sha256:{DIGEST}"]
)


@given(st.lists(LINES))
def test_joining_files_joins_their_lines(lines: list[str]) -> None:
    """Line by line and all at once say the same; numbers count physical lines."""
    together = read("\n".join(lines))
    alone = [(number, line) for number, text in enumerate(lines, 1) for line in read(text)]
    assert [line.number for line in together] == [number for number, _ in alone]
    assert [line.text for line in together] == [line.text for _, line in alone]


@given(st.lists(st.sampled_from(["flask", "==1.0", "--pre"]), min_size=1))
def test_continued_lines_mean_one_line(words: list[str]) -> None:
    (joined,) = read(" \\\n".join(words))
    (plain,) = read("  ".join(words))
    assert joined.requirement.split() == plain.requirement.split()
    assert joined.understood == plain.understood


@pytest.mark.parametrize("separator", "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")
def test_whatever_ends_a_line_for_pip_ends_it_here(separator: str) -> None:
    """Also inside a comment, where an editor shows what follows as a part of it."""
    text = f"left  # a comment{separator}right"
    assert [line.requirement for line in read_lines(text, {})] == ["left", "right"]
