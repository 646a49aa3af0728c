"""The table of pip's options against the real pip: each option is in it once, under all of its names."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path

from app_venv.pip_options import (
    HARMLESS,
    INPUTS,
    OVERRULED,
    REFUSED,
    SWITCHES,
    option_of,
    spoils,
    variable,
)
from buildpack_release.files.cache import cache_directory
from buildpack_release.wheels.lock_file import read_lock
from buildpack_release.wheels.vendor import fetch

ROOT = Path(__file__).parents[3]
LIST = """
import sys
from pip._internal.commands.install import InstallCommand
for option in InstallCommand("install", "").parser.option_list_all:
    for name in option._long_opts:
        print(name[2:], option.action)
"""


def bundled_pip() -> Path:
    """Return the wheel of the pip that strata/pip-tool carries, fetched once as packaging does."""
    pins = read_lock(ROOT / "buildpacks/pip-tool/wheels.lock")
    (wheel,) = fetch(pins, cache=cache_directory()).values()
    return wheel


@cache
def options() -> dict[str, str]:
    """Return name and action of all long options of ``pip install``."""
    answer = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(bundled_pip())!r})\n{LIST}"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return dict(line.split() for line in answer.stdout.splitlines())


def test_every_option_of_the_real_pip_is_classified_once() -> None:
    table = [*REFUSED, *INPUTS, *HARMLESS]
    assert sorted(table) == sorted(options())


def test_the_switches_are_those_of_the_real_pip() -> None:
    actions = options()
    assert {name for name in REFUSED if actions[name] in ("store_true", "store_false")} == SWITCHES
    assert REFUSED.keys() > OVERRULED


def test_a_setting_spoils_unless_it_is_empty_or_a_switch_that_is_off() -> None:
    assert spoils("target", "0")
    assert spoils("dry-run", "yes")
    assert not spoils("dry-run", " Off ")
    assert not spoils("dry-run", "")
    assert not spoils("index-url", "x")


def test_variables_and_options_are_the_same_under_two_names() -> None:
    assert variable("dry-run") == "PIP_DRY_RUN"
    assert option_of("PIP_Dry-run") == "dry-run"
    assert option_of("PYTHONHOME") == ""
