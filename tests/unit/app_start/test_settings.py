"""The variables: what their values mean, and that they are all documented and read in one place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import app_start
from app_start.settings import VARIABLES, Settings, WorkersMode, read_settings, table
from buildpack_api.errors import ConfigurationError

SOURCE = Path(app_start.__file__).parent
BUILDPACK = SOURCE.parents[1]


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, Settings()),
        ({"BP_START_COMMAND": " run me "}, Settings(command="run me", source="BP_START_COMMAND")),
        ({"GOOGLE_ENTRYPOINT": "run"}, Settings(command="run", source="GOOGLE_ENTRYPOINT")),
        (
            {"BP_PROCFILE_DEFAULT_PROCESS": "run", "GOOGLE_ENTRYPOINT": "run"},
            Settings(command="run", source="BP_PROCFILE_DEFAULT_PROCESS"),
        ),
        ({"BP_WEB_CONCURRENCY": " OFF "}, Settings(workers=WorkersMode.OFF)),
    ],
)
def test_values(variables: dict[str, str], expected: Settings) -> None:
    assert read_settings(variables) == expected


@pytest.mark.parametrize("variable", [one.name for one in VARIABLES])
def test_empty_is_unset(variable: str) -> None:
    assert read_settings({variable: " "}) == Settings()


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"BP_WEB_CONCURRENCY": "3"}, "BP_WEB_CONCURRENCY is '3'"),
        (
            {"BP_START_COMMAND": "a", "GOOGLE_ENTRYPOINT": "b"},
            "BP_START_COMMAND and GOOGLE_ENTRYPOINT say different things",
        ),
    ],
)
def test_what_means_nothing_is_refused(variables: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(said)):
        read_settings(variables)


def test_the_readme_has_the_table() -> None:
    assert table() in (BUILDPACK / "README.md").read_text("utf-8")


def test_detection_knows_who_says_what_to_start() -> None:
    """Then no Python is needed in the image."""
    markers = (BUILDPACK / "detect/10-told/markers").read_text("utf-8").split()
    commands = [one.name for one in VARIABLES if one.form == "a command"]
    assert sorted(markers) == sorted(["Procfile", *(f"${name}" for name in commands)])


def test_nobody_else_names_a_variable() -> None:
    """A setting has one place: other modules take its name from there."""
    for path in SOURCE.rglob("*.py"):
        if path.name != "settings.py":
            assert not re.findall(r"[\"']BP_[A-Z_]+[\"']", path.read_text("utf-8")), path
