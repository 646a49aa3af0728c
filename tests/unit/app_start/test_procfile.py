"""Heroku's grammar: what is a process, what is not, what counts of two, and what starts by itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app_start.procfile import parse_procfile, read_procfile
from buildpack_api.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path


def processes(text: str) -> dict[str, str]:
    return {entry.type: entry.line for entry in parse_procfile(text).entries}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("web: gunicorn app:app", {"web": "gunicorn app:app"}),
        ("web: a\nworker: b\n", {"web": "a", "worker": "b"}),
        ("web: a\r\nworker: b\r\n", {"web": "a", "worker": "b"}),
        ("web: a\rworker: b", {"web": "a", "worker": "b"}),
        ("web:a", {"web": "a"}),
        ("  web :\t a  ", {"web": "a"}),
        ("web: a: b", {"web": "a: b"}),
        ("# a comment: x\n\nweb: a", {"web": "a"}),
        ("web: a\nweb: b", {"web": "b"}),
        ("Web: a\nmy_Worker: b", {"web": "a", "my-worker": "b"}),
        ("web:\nnot a process\nweb.x: a\n/: b", {}),
        ("", {}),
    ],
)
def test_grammar(text: str, expected: dict[str, str]) -> None:
    assert processes(text) == expected


@pytest.mark.parametrize(
    ("text", "remark"),
    [
        ("web: a\nweb: b", "line 2: web was on line 1 already; the last one counts"),
        ("web: a\n\nWEB: b", "line 3: web was on line 1 already; the last one counts"),
        ("My_Web: a", "line 1: the process My_Web is called my-web in the image"),
        ("web a", "line 1 is not used: it is not '<type>: <command>'"),
        ("web: ", "line 1 is not used: it has no command"),
    ],
)
def test_what_is_not_as_it_looks_is_told(text: str, remark: str) -> None:
    assert remark in parse_procfile(text).remarks


@pytest.mark.parametrize(
    ("text", "default"),
    [
        ("web: a\nworker: b", "web"),
        ("worker: b", "worker"),
        ("worker: b\nrelease: c", "worker"),
        ("release: c", ""),
        ("worker: a\nclock: b", ""),
        ("", ""),
    ],
)
def test_what_starts_by_itself(text: str, default: str) -> None:
    """`release` never does."""
    assert parse_procfile(text).default == default


def test_a_byte_order_mark_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "Procfile").write_bytes(b"\xef\xbb\xbfweb: a\r\n")
    found = read_procfile(tmp_path)
    assert found
    assert [entry.type for entry in found.entries] == ["web"]
    assert found.remarks == ()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"web: a\nworker: caf\xe9\n", "Procfile:2: not encoded in UTF-8"),
        (b"\nweb: echo 'a\n", "Procfile:2: the command does not end"),
        (b"web: a\x00b\n", "Procfile:1: the command has a control character"),
        (b"---: a\n", "Procfile:1: a process cannot be called '---'"),
    ],
)
def test_what_cannot_be_started_is_an_error_with_its_line(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "Procfile").write_bytes(content)
    with pytest.raises(ConfigurationError, match=re.escape(said)):
        read_procfile(tmp_path)


def test_a_directory_of_that_name_is_no_procfile(tmp_path: Path) -> None:
    (tmp_path / "Procfile").mkdir()
    assert read_procfile(tmp_path) is None


TYPES = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_-]*", fullmatch=True)
COMMANDS = st.from_regex(r"[a-z$./][a-zA-Z0-9 $:./={}-]{0,20}", fullmatch=True).filter(
    lambda one: "${" not in one
)


@given(
    entries=st.lists(st.tuples(TYPES, COMMANDS), max_size=6),
    end=st.sampled_from(["\n", "\r\n"]),
    noise=st.sampled_from(["", "# x", "no process"]),
    gap=st.sampled_from(["", " ", "\t "]),
)
def test_any_procfile(entries: list[tuple[str, str]], end: str, noise: str, gap: str) -> None:
    """Whatever stands between: the last command of each type is there, as it is written, in their order."""
    lines = [line for name, command in entries for line in (noise, f"{gap}{name}{gap}:{gap}{command}{gap}")]
    expected: dict[str, str] = {}
    for name, command in entries:
        key = name.lower().replace("_", "-")
        if key.strip("-"):
            expected.pop(key, None)
            expected[key] = command.strip()
    if any(not name.strip("_-") for name, _ in entries):
        with pytest.raises(ConfigurationError):
            parse_procfile(end.join(lines))
    else:
        assert list(processes(end.join(lines)).items()) == list(expected.items())
