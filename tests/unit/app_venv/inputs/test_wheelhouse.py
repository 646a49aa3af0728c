"""Wheels that the app brings along."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app_venv.inputs.wheelhouse import find_wheelhouse
from buildpack_api.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path


def make(app: Path, *files: str) -> None:
    for name in files:
        (app / name).parent.mkdir(parents=True, exist_ok=True)
        (app / name).write_text(name)


def test_nothing_vendored(tmp_path: Path) -> None:
    make(tmp_path, "vendor/a.go", "vendor/a.tar.gz", "vendor/sub/a-1-py3-none-any.whl")
    assert find_wheelhouse(tmp_path, "") is None
    assert find_wheelhouse(tmp_path / "missing", "") is None


def test_a_wheel_makes_it_one(tmp_path: Path) -> None:
    make(tmp_path, "vendor/b.tar.gz", "vendor/a-1-py3-none-any.whl", "vendor/notes.md")
    house = find_wheelhouse(tmp_path, "")
    assert house is not None
    assert house.arguments == ("--no-index", "--find-links", str(tmp_path / "vendor"))
    assert house.title == "offline from the 2 files in vendor/"
    assert [line.split(" ")[1] for line in house.contents.splitlines()] == [
        "a-1-py3-none-any.whl",
        "b.tar.gz",
    ]


def test_every_byte_counts(tmp_path: Path) -> None:
    make(tmp_path, "w/a-1-py3-none-any.whl")
    house = find_wheelhouse(tmp_path, "./w/")
    assert house
    assert house.name == "w"
    before = house.contents
    (tmp_path / "w/a-1-py3-none-any.whl").write_text("other")
    assert house.contents != before


@pytest.mark.parametrize("name", ["missing", "empty", "file"])
def test_a_directory_that_is_named_must_have_something(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    make(tmp_path, "file")
    with pytest.raises(ConfigurationError, match=f"without wheels: {name}"):
        find_wheelhouse(tmp_path, name)


def test_an_address_is_no_directory_and_is_not_shown(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="only a directory of the app can be named") as refused:
        find_wheelhouse(tmp_path, "https://me:secret-word@host/wheels")
    assert "secret-word" not in f"{refused.value.title}{refused.value.detail}"
