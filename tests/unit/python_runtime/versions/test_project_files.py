"""pyproject.toml and uv.lock: their ranges count, and a fault names file and key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_api.errors import ConfigurationError
from python_runtime.versions import project_files

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("file", "text", "sources"),
    [
        (
            "pyproject.toml",
            '[project]\nrequires-python = ">=3.11"\n',
            ["pyproject.toml ([project] requires-python)"],
        ),
        (
            "pyproject.toml",
            '[tool.poetry.dependencies]\npython = "^3.11"\n',
            ["pyproject.toml ([tool.poetry.dependencies] python)"],
        ),
        (
            "pyproject.toml",
            '[project]\nrequires-python = ">=3.11"\n[tool.poetry.dependencies]\npython = "<3.13"\n',
            [
                "pyproject.toml ([project] requires-python)",
                "pyproject.toml ([tool.poetry.dependencies] python)",
            ],
        ),
        ("uv.lock", 'version = 1\nrequires-python = ">=3.11"\n', ["uv.lock (requires-python)"]),
        ("pyproject.toml", "[tool.ruff]\nline-length = 100\n", []),
        ("pyproject.toml", '[project]\nname = "x"\ndynamic = ["version"]\n', []),
        ("pyproject.toml", 'project = "odd"\n', []),
        ("pyproject.toml", "", []),
        ("uv.lock", "version = 1\n", []),
    ],
)
def test_requests_name_file_and_key(file: str, text: str, sources: list[str], tmp_path: Path) -> None:
    (tmp_path / file).write_text(text, encoding="utf-8")

    found = list(project_files.read(tmp_path))

    assert [request.source for request in found] == sources
    assert all(request.allows("3.12.1") and not request.allows("3.10.9") for request in found[:1])


@pytest.mark.parametrize(
    ("text", "title", "detail"),
    [
        (
            "[project]\nrequires-python = 3.10\n",
            "pyproject.toml ([project] requires-python) is 3.1, which is not a string",
            "",
        ),
        (
            '[project]\nrequires-python = "3.12"\n',
            "pyproject.toml ([project] requires-python) is not a range of versions",
            "Found: 3.12",
        ),
        (
            '[project]\nrequires-python = "^3.12"\n',
            "pyproject.toml ([project] requires-python) is not a range of versions",
            "Found: ^3.12",
        ),
        (
            '[tool.poetry.dependencies]\npython = "three"\n',
            "pyproject.toml ([tool.poetry.dependencies] python) is not a range of versions",
            "'three'",
        ),
        (
            '[tool.poetry.dependencies]\npython = ["3.12"]\n',
            "pyproject.toml ([tool.poetry.dependencies] python) is ['3.12'], which is not a string",
            "",
        ),
    ],
)
def test_a_faulty_range_is_shown(text: str, title: str, detail: str, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")

    with pytest.raises(ConfigurationError) as caught:
        list(project_files.read(tmp_path))

    assert caught.value.title == title
    assert detail in caught.value.detail


@pytest.mark.parametrize(
    ("value", "write"),
    [
        ("3.12", "==3.12.*"),
        ("3.12.*", "==3.12.*"),
        ("3.12.4", "==3.12.4"),
        ("^3.11", ">=3.11,<4"),
        ("~3.11", ">=3.11,<3.12"),
    ],
)
def test_a_range_in_another_language_is_translated(value: str, write: str, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(f'[project]\nrequires-python = "{value}"\n', encoding="utf-8")

    with pytest.raises(ConfigurationError) as caught:
        list(project_files.read(tmp_path))

    assert caught.value.advice == f'Write requires-python = "{write}"'


@pytest.mark.parametrize("file", ["pyproject.toml", "uv.lock"])
def test_a_dangling_link_is_not_overlooked(file: str, tmp_path: Path) -> None:
    (tmp_path / file).symlink_to("../nowhere")

    with pytest.raises(ConfigurationError, match=r"is a link to \.\./nowhere, which leads nowhere"):
        list(project_files.read(tmp_path))


def test_an_empty_specifier_allows_any_version(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nrequires-python = ""\n', encoding="utf-8")

    assert list(project_files.read(tmp_path)) == []


def test_broken_toml_names_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\nname = \n", encoding="utf-8")

    with pytest.raises(ConfigurationError, match=r"pyproject\.toml:2"):
        list(project_files.read(tmp_path))


def test_an_app_without_these_files_asks_for_nothing(tmp_path: Path) -> None:
    assert list(project_files.read(tmp_path)) == []
