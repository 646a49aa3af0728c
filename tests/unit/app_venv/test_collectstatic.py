"""What switches static files on and off; the rest is tested with a real Django."""

from __future__ import annotations

from pathlib import Path

import pytest

from app_venv.collectstatic import app_environment
from app_venv.static_mode import StaticMode, static_mode
from buildpack_api.errors import ConfigurationError


@pytest.mark.parametrize(
    ("variables", "mode"),
    [
        ({}, StaticMode.AUTO),
        ({"BP_DJANGO_COLLECTSTATIC": ""}, StaticMode.AUTO),
        ({"BP_DJANGO_COLLECTSTATIC": " On "}, StaticMode.ON),
        ({"BP_DJANGO_COLLECTSTATIC": "off"}, StaticMode.OFF),
        ({"DISABLE_COLLECTSTATIC": "1"}, StaticMode.OFF),
        ({"DISABLE_COLLECTSTATIC": "true"}, StaticMode.OFF),
        ({"DISABLE_COLLECTSTATIC": "0"}, StaticMode.AUTO),
        ({"DISABLE_COLLECTSTATIC": "1", "BP_DJANGO_COLLECTSTATIC": "auto"}, StaticMode.AUTO),
    ],
)
def test_modes(variables: dict[str, str], mode: StaticMode) -> None:
    assert static_mode(variables) is mode


def test_another_value_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="BP_DJANGO_COLLECTSTATIC is 'yes'"):
        static_mode({"BP_DJANGO_COLLECTSTATIC": "yes"})


@pytest.mark.parametrize(("path", "expected"), [("/usr/bin", "/venv/bin:/usr/bin"), ("", "/venv/bin")])
def test_programs_of_the_app_have_its_packages_and_its_variables(path: str, expected: str) -> None:
    """An empty entry of PATH would mean the app's directory."""
    environment = app_environment({"PATH": path, "KEY": "x", "VIRTUAL_ENV": "/other"}, Path("/venv"))
    assert (environment["PATH"], environment["KEY"], environment["VIRTUAL_ENV"]) == (expected, "x", "/venv")
