"""The variables: what their values mean, and that detection knows those that it has to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import app_start
from app_start.settings import VARIABLES, Settings, WorkersMode, read_settings
from buildpack_api.errors import ConfigurationError

BUILDPACK = Path(app_start.__file__).parents[2]


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
        ({"BP_LIVE_RELOAD_ENABLED": "True"}, Settings(live_reload=True)),
        ({"BP_DEBUG_ENABLED": "true"}, Settings(debug=True)),
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
        ({"BP_DEBUG_ENABLED": "1"}, "BP_DEBUG_ENABLED is '1'"),
        (
            {"BP_START_COMMAND": "a", "GOOGLE_ENTRYPOINT": "b"},
            "BP_START_COMMAND and GOOGLE_ENTRYPOINT say different things",
        ),
    ],
)
def test_what_means_nothing_is_refused(variables: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(said)):
        read_settings(variables)


def test_detection_knows_who_says_what_to_start() -> None:
    """Then no Python is needed in the image."""
    markers = (BUILDPACK / "detect/10-told/markers").read_text("utf-8").split()
    commands = [one.name for one in VARIABLES if one.form == "a command"]
    assert sorted(markers) == sorted(["Procfile", *(f"${name}" for name in commands)])
