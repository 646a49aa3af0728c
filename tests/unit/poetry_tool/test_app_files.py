"""What the app itself says about the version of Poetry: Poetry would refuse to work with any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from poetry_tool.app_files import required_poetry

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "allowed", "refused"),
    [
        (">=2.0,<2.5", ["2.0.1", "2.4.3"], ["2.5.1"]),
        ("^2.4", ["2.4.3", "2.5.1"], ["2.3.0", "3.0"]),
        ("~2.4", ["2.4.3"], ["2.5.1"]),
        ("2.4", ["2.4", "2.4.0"], ["2.4.3"]),
        ("1.8.* || 2.5.*", ["1.8.5", "2.5.1"], ["2.4.3"]),
    ],
)
def test_it_is_said_in_the_language_of_poetry(
    tmp_path: Path, text: str, allowed: list[str], refused: list[str]
) -> None:
    assert required_poetry(tmp_path) is None
    (tmp_path / "pyproject.toml").write_text(f'[tool.poetry]\nrequires-poetry = "{text}"\n')
    found = required_poetry(tmp_path)
    assert found is not None
    assert [one for one in (*allowed, *refused) if found.allows(one)] == allowed
    assert str(found) == f"{text} (requires-poetry in pyproject.toml)"


@pytest.mark.parametrize(
    "text",
    [
        "[tool]\npoetry = 1\n", "tool = 1\n", "[tool.poetry]\nrequires-poetry = 1\n", "= no toml",
        '[tool.poetry]\nrequires-poetry = "new"\n', '[tool.poetry]\nrequires-poetry = ""\n',
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_file_is_not_told_here(tmp_path: Path, text: str) -> None:
    """The buildpack that installs from the file says what is wrong in it."""
    (tmp_path / "pyproject.toml").write_text(text)
    assert required_poetry(tmp_path) is None
