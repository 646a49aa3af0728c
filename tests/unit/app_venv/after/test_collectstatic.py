"""The environment of the app's own programs; the rest is tested with a real Django."""

from __future__ import annotations

from pathlib import Path

import pytest

from app_venv.after.collectstatic import app_environment


@pytest.mark.parametrize(("path", "expected"), [("/usr/bin", "/venv/bin:/usr/bin"), ("", "/venv/bin")])
def test_programs_of_the_app_have_its_packages_and_its_variables(path: str, expected: str) -> None:
    """An empty entry of PATH would mean the app's directory."""
    environment = app_environment({"PATH": path, "KEY": "x", "VIRTUAL_ENV": "/other"}, Path("/venv"))
    assert (environment["PATH"], environment["KEY"], environment["VIRTUAL_ENV"]) == (expected, "x", "/venv")
