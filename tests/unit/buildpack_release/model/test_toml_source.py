from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_release.errors import CheckFailed, ReleaseError
from buildpack_release.model.toml_source import TomlSource

if TYPE_CHECKING:
    from pathlib import Path


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
