"""What the app's own files say about the version of uv: uv itself would refuse to work with any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from uv_tool.app_files import required_versions

if TYPE_CHECKING:
    from pathlib import Path

PROJECT = '[project]\nname = "app"\n[tool.uv]\nrequired-version = ">=0.9,<0.14"\n'


def test_it_is_in_the_table_of_uv_or_in_a_file_of_its_own(tmp_path: Path) -> None:
    """With a uv.toml, uv does not read [tool.uv] at all."""
    assert list(required_versions(tmp_path)) == []
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    assert list(required_versions(tmp_path)) == [("required-version in pyproject.toml", ">=0.9,<0.14")]
    (tmp_path / "uv.toml").write_text('required-version = "0.13.1"\n')
    assert list(required_versions(tmp_path)) == [("required-version in uv.toml", "0.13.1")]
    (tmp_path / "uv.toml").write_text("offline = true\n")
    assert list(required_versions(tmp_path)) == []


@pytest.mark.parametrize(
    "text", ["[tool]\nuv = 1\n", "tool = 1\n", "[tool.uv]\nrequired-version = 1\n", "= no toml"]
)
def test_what_is_wrong_in_a_file_is_not_told_here(tmp_path: Path, text: str) -> None:
    """The buildpack that installs from the file says what is wrong in it."""
    (tmp_path / "pyproject.toml").write_text(text)
    assert list(required_versions(tmp_path)) == []
