"""What Poetry is asked to install: files, choices, and what of a project has a say in it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app_venv.installers.poetry.inputs import PoetryInputs, read_poetry_inputs
from app_venv.settings import read_settings
from buildpack_api.errors import ConfigurationError
from buildpack_api.interpreter import Interpreter

if TYPE_CHECKING:
    from collections.abc import Mapping

PYTHON = Interpreter(Path("/bin/python3"), "3.13.0", "3.13", "3.13.0 (main)")
LOCK = '[metadata]\nlock-version = "2.1"\n'
PROJECT = '[project]\nname = "My.App"\nversion = "1"\ndependencies = ["Left>=1"]\n'
NO_PACKAGE = "[tool.poetry]\npackage-mode = false\n"


def read(
    app: Path, text: str = PROJECT + NO_PACKAGE, variables: Mapping[str, str] | None = None
) -> PoetryInputs:
    (app / "poetry.lock").write_text(LOCK)
    (app / "pyproject.toml").write_text(text)
    return read_poetry_inputs(app, variables or {}, read_settings(variables or {}), PYTHON)


def test_choices_are_arguments_and_show_in_the_title(tmp_path: Path) -> None:
    plain = read(tmp_path)
    assert (plain.title, plain.arguments) == ("poetry.lock", ("--only=main",))
    variables = {"BP_POETRY_GROUPS": "a, B", "BP_POETRY_EXTRAS": "web", "BP_POETRY_NO_ROOT": "true"}
    chosen = read(tmp_path, variables=variables)
    assert chosen.arguments == ("--only=main", "--only=a", "--only=b", "--extras=web", "--no-root")
    assert chosen.title == "poetry.lock with extras web and groups a, b without the project"
    assert chosen.digest == plain.digest


def test_the_project_itself_is_never_proved(tmp_path: Path) -> None:
    """Unless it is no package, or left out."""
    assert read(tmp_path).unprovable == ()
    (own,) = read(tmp_path, PROJECT).unprovable
    assert str(own) == "pyproject.toml (the project itself) is linked, not copied"
    assert read(tmp_path, PROJECT).direct == {"left", "my-app"}
    assert read(tmp_path, PROJECT, {"BP_POETRY_NO_ROOT": "1"}).unprovable == ()


def test_what_is_asked_for_by_name(tmp_path: Path) -> None:
    """In the tables of all tools, and in those of Poetry; extras and groups as they are chosen."""
    text = (
        f'{PROJECT}[project.optional-dependencies]\nweb = ["right"]\nnot = ["x"]\n'
        '[dependency-groups]\nprod = ["More", {include-group = "base"}]\nbase = ["base"]\ndev = ["y"]\n'
        '[tool.poetry]\npackage-mode = false\n[tool.poetry.dependencies]\npython = ">=3.10"\nown = "*"\n'
        'maybe = {version = "*", optional = true}\nother = [{version = "*", optional = true}]\n'
        '[tool.poetry.extras]\nweb = ["maybe"]\n[tool.poetry.group.prod.dependencies]\nlast = "*"\n'
    )
    assert read(tmp_path, text).direct == {"left", "own"}
    chosen = read(tmp_path, text, {"BP_POETRY_GROUPS": "prod", "BP_POETRY_EXTRAS": "web"})
    assert chosen.direct == {"left", "own", "right", "more", "base", "maybe", "last"}


@pytest.mark.parametrize(
    ("more", "changes"),
    [
        ("[tool.ruff]\nline-length = 1\n", False),
        ("# a comment\n", False),
        ('[tool.poetry.urls]\nhome = "https://x"\n', False),
        ('[tool.poetry.dependencies]\nx = "*"\n', True),
        ('[[tool.poetry.source]]\nname = "x"\nurl = "https://x/simple"\n', True),
        ('[dependency-groups]\nx = ["x"]\n', True),
        ('[build-system]\nrequires = ["x"]\n', True),
    ],
)
def test_what_of_a_project_is_an_input(tmp_path: Path, more: str, changes: bool) -> None:
    before = read(tmp_path).digest
    assert (read(tmp_path, PROJECT + NO_PACKAGE + more).digest != before) is changes


def test_a_new_password_for_the_same_source_is_no_other_input(tmp_path: Path) -> None:
    """But it is a secret that is written in the app's files."""
    sources = [
        f'[[tool.poetry.source]]\nname = "x"\nurl = "https://{user}@index/simple"\n'
        for user in ("u:one-secret", "u:two-secret")
    ]
    first, second = (read(tmp_path, PROJECT + NO_PACKAGE + source) for source in sources)
    assert first.digest == second.digest
    assert [one.value for one in first.secrets] == ["one-secret"]


@pytest.mark.parametrize(
    ("text", "variables", "said"),
    [
        (
            f'{PROJECT}[tool.poetry.requires-plugins]\nb = "*"\na = "*"\n',
            {},
            "requires plugins of Poetry: a, b",
        ),
        (PROJECT, {"BP_PIP_EXTRAS": "x"}, "BP_PIP_EXTRAS cannot be used with poetry.lock"),
        (PROJECT, {"BP_PIP_REQUIREMENT": "x"}, "BP_PIP_REQUIREMENT cannot be used with poetry.lock"),
        (PROJECT, {"BP_PIP_REQUIRE_HASHES": "1"}, "1 of the requirements are not pinned by hash"),
        ("project = 1\n", {}, "[project] is not a table"),
        ("= no toml", {}, "pyproject.toml"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, text: str, variables: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path, text, variables)
    assert said in caught.value.title


@pytest.mark.parametrize("name", ["poetry.lock", "pyproject.toml"])
def test_a_file_that_is_not_there_is_named(tmp_path: Path, name: str) -> None:
    read(tmp_path)
    (tmp_path / name).unlink()
    variables = {"BP_PACKAGE_MANAGER": "poetry"}
    with pytest.raises(ConfigurationError, match=f"The app has no {name}, which Poetry installs from"):
        read_poetry_inputs(tmp_path, variables, read_settings(variables), PYTHON)


def test_files_of_other_tools_are_named_as_not_read(tmp_path: Path) -> None:
    assert read(tmp_path).passed_over == ""
    for name in ("uv.lock", "requirements.txt"):
        (tmp_path / name).touch()
    expected = "requirements.txt, uv.lock: poetry.lock says what is installed, with Poetry"
    assert read(tmp_path).passed_over == expected
