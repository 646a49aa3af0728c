"""The environment of the app's own programs; the rest is tested with a real Django."""

from __future__ import annotations

from pathlib import Path

import pytest

from app_venv.after.collectstatic import advice_on, app_environment


@pytest.mark.parametrize(("path", "expected"), [("/usr/bin", "/venv/bin:/usr/bin"), ("", "/venv/bin")])
def test_programs_of_the_app_have_its_packages_and_its_variables(path: str, expected: str) -> None:
    """An empty entry of PATH would mean the app's directory."""
    environment = app_environment({"PATH": path, "KEY": "x", "VIRTUAL_ENV": "/other"}, Path("/venv"))
    assert (environment["PATH"], environment["KEY"], environment["VIRTUAL_ENV"]) == (expected, "x", "/venv")


@pytest.mark.parametrize(
    ("last", "said"),
    [
        ("KeyError: 'SECRET_KEY'", "Set SECRET_KEY for the build as well (pack build --env SECRET_KEY=...)"),
        (
            "django.core.exceptions.ImproperlyConfigured: Set the DATABASE_URL environment variable",
            "Set DATABASE",
        ),
        ("decouple.UndefinedValueError: API_KEY not found. Declare it as envvar", "Set API_KEY for"),
        (
            "ModuleNotFoundError: No module named 'whitenoise.middleware'",
            "has no module whitenoise.middleware",
        ),
        ("KeyError: 'staticfiles'", "A database or other services are not there."),
        ("", "A database or other services are not there."),
    ],
)
def test_what_is_missing_is_named(last: str, said: str) -> None:
    """So that there is one thing to do, where that can be told."""
    assert said in advice_on(last)
