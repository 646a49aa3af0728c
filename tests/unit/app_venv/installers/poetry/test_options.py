"""Poetry's variables and files: which are refused, which count."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app_venv.installers.poetry.logins import login_file_secrets
from app_venv.installers.poetry.options import (
    configuration_files,
    poetry_variables,
    refuse_variables,
    relevant_settings,
    without_wheels,
)
from buildpack_api.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path


def test_all_that_are_refused_are_listed_with_reasons_and_no_value() -> None:
    with pytest.raises(ConfigurationError) as caught:
        refuse_variables({"POETRY_VIRTUALENVS_PATH": "/s3cret", "VIRTUAL_ENV": "/x", "POETRY_CACHE_DIR": ""})
    assert caught.value.title == "These variables would spoil the build: POETRY_VIRTUALENVS_PATH, VIRTUAL_ENV"
    assert "somewhere else than in the virtual environment" in caught.value.detail
    assert "s3cret" not in str(caught.value)


def test_poetry_gets_what_is_not_refused() -> None:
    given = {"POETRY_REQUESTS_TIMEOUT": "9", "POETRY_CACHE_DIR": "/x", "POETRY_NEW": "x", "PIP_PRE": "1"}
    assert poetry_variables(given) == {"POETRY_REQUESTS_TIMEOUT": "9", "POETRY_NEW": "x"}


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("POETRY_INSTALLER_NO_BINARY", True),
        ("POETRY_INSTALLER_ONLY_BINARY", True),
        ("POETRY_INSTALLER_BUILD_CONFIG_SETTINGS_X", True),
        ("POETRY_NEW", True),
        ("POETRY_HTTP_BASIC_OURS_PASSWORD", False),
        ("POETRY_PYPI_TOKEN_OURS", False),
        ("POETRY_CERTIFICATES_OURS_CERT", False),
        ("POETRY_INSTALLER_MAX_WORKERS", False),
        ("POETRY_REQUESTS_MAX_RETRIES", False),
        ("POETRY_VERSION", False),
        ("POETRY_HOME", False),
    ],
)
def test_which_variables_decide_what_is_installed(tmp_path: Path, name: str, counts: bool) -> None:
    """One that nobody knows here counts as an input until somebody has looked at it."""
    assert bool(relevant_settings({name: "x", "HOME": str(tmp_path)}, tmp_path)) is counts


def test_the_content_of_files_counts_but_for_logins(tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path)}
    app, config = tmp_path / "app", tmp_path / ".config/pypoetry"
    for folder in (app, config):
        folder.mkdir(parents=True)
    (config / "auth.toml").write_text('[http-basic.x]\nusername = "u"\npassword = "s3cret-word"\n')
    assert relevant_settings(environment, app) == ()
    (config / "config.toml").write_text("[installer]\nparallel = false\n")
    (app / "poetry.toml").write_text("[virtualenvs]\ncreate = false\n")
    before = relevant_settings(environment, app)
    assert [one.partition(" ")[0] for one in before] == ["poetry.toml", str(config / "config.toml")]
    (app / "poetry.toml").write_text("[virtualenvs]\ncreate = true\n")
    assert relevant_settings(environment, app) != before
    assert configuration_files({"POETRY_CONFIG_DIR": "/c", **environment})[0].as_posix() == "/c/config.toml"
    assert configuration_files({}) == ()


@pytest.mark.parametrize(
    ("text", "secrets"),
    [
        ('[http-basic.x]\nusername = "u"\npassword = "s3cret-word"\n', ["s3cret-word"]),
        ('[http-basic.x]\nusername = "t0ken-alone"\n', ["t0ken-alone"]),
        ('[pypi-token]\nx = "pypi-t0ken"\n', ["pypi-t0ken"]),
        ("[http-basic]\nx = 1\n", []),
        ("http-basic = 1\npypi-token = 1\n", []),
        ("= no toml", []),
    ],
)
def test_passwords_and_tokens_in_its_files_are_known(tmp_path: Path, text: str, secrets: list[str]) -> None:
    path = tmp_path / "auth.toml"
    path.write_text(text)
    assert [one.value for one in login_file_secrets(path)] == secrets


@pytest.mark.parametrize(
    ("variable", "file", "names"),
    [
        ("", "", ""),
        ("a, B_c", "", "a b-c"),
        (":none:", "", ""),
        (":all:", "", "a b-c d"),
        ("", 'no-binary = ["b.c"]', "b-c"),
        ("a", 'no-binary = "d"', "a d"),
        ("", "no-binary = true", "a b-c d"),
        ("", "no-binary", ""),
    ],
)
def test_what_may_not_come_from_a_wheel(variable: str, file: str, names: str, tmp_path: Path) -> None:
    (tmp_path / "poetry.toml").write_text(f"[installer]\n{file}\n")
    environment = {"POETRY_INSTALLER_NO_BINARY": variable, "POETRY_CONFIG_DIR": str(tmp_path / "none")}
    assert list(filter(without_wheels(environment, tmp_path), ("a", "b-c", "d"))) == names.split()
