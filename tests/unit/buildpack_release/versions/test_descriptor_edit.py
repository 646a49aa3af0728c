from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildpack_release.model.toml_source import TomlSource
from buildpack_release.versions.descriptor_edit import with_versions, without_versions

SIBLINGS = {"a": "2.0.0", "b": "0.3.0"}
TABLES = """\
# The head.
api = "0.10"

[buildpack]
  id = "x"   # indented
version   =   "1.0.0"  # keep me

[[order]]
# Why a comes first.
[[order.group]]
id = "a"
version = '1.0.0'
[[order.group]]
id = "other/c"
version = "1.0.0"
optional = true

[metadata]
version = "1.0.0"
"""
INLINE = """\
buildpack = { id = "x", version = "1.0.0" }
order = [
  { group = [ { version = "1.0.0", id = "b" }, {id="a",version="1.0.0"} ] },  # one line
]
"""


def edit(text: str) -> str:
    return with_versions(TomlSource.parse(text, Path("buildpack.toml")), "1.1.0", SIBLINGS)


def test_tables() -> None:
    """Comments, blanks, quotes, other people's buildpacks and metadata stay."""
    expected = TABLES.replace('=   "1.0.0"', '=   "1.1.0"').replace("'1.0.0'", "'2.0.0'")
    assert edit(TABLES) == expected


def test_inline_tables() -> None:
    """Another way to write the same."""
    expected = INLINE.replace('"x", version = "1.0.0"', '"x", version = "1.1.0"')
    expected = expected.replace('version = "1.0.0", id = "b"', 'version = "0.3.0", id = "b"')
    assert edit(INLINE) == expected.replace('version="1.0.0"', 'version="2.0.0"')


def test_line_ends() -> None:
    """CRLF stays, and so does a missing newline at the end."""
    text = TABLES.replace("\n", "\r\n").rstrip()
    assert edit(text) == edit(TABLES).replace("\n", "\r\n").rstrip()


@given(st.lists(st.sampled_from(["", "# note", "  # é", "\t"]), max_size=3), st.sampled_from([" ", "", "\t"]))
def test_twice_is_once(comments: list[str], blank: str) -> None:
    """The second edit finds nothing to do, whatever stands between."""
    text = "\n".join(["[buildpack]", *comments, f'version{blank}={blank}"1.0.0"{blank}# x', *comments])
    once = edit(text)
    assert edit(once) == once
    assert once.replace("1.1.0", "1.0.0") == text


def test_a_long_string_is_refused_or_kept() -> None:
    """Nothing but the version may change."""
    assert edit('[buildpack]\nversion = """1.0.0"""\n') == '[buildpack]\nversion = "1.1.0"\n'


@pytest.mark.parametrize(
    ("text", "same"), [("1.0.0", True), ("optional = true", False), ('"other/c"', False)]
)
def test_what_differs_without_versions(text: str, *, same: bool) -> None:
    """A release changes versions only."""
    before = TomlSource.parse(TABLES.partition("[metadata]")[0], Path("x")).data
    changed = TABLES.partition("[metadata]")[0].replace(
        text, text.replace("1.0", "9.9").replace("true", "false").replace("c", "d")
    )
    after = TomlSource.parse(changed, Path("x")).data
    assert before != after
    assert (without_versions(before) == without_versions(after)) is same
