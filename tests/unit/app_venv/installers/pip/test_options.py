"""The table of pip's options against the real pip, and the variables that are refused, however spelt."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app_venv.installers.pip.options import (
    DANGEROUS,
    HARMLESS,
    INPUTS,
    OVERRULED,
    REFUSED,
    SWITCHES,
    is_dangerous,
    option_of,
    refuse_dangerous_variables,
    spoils,
    variable,
    without_dangerous,
)
from buildpack_api.errors import ConfigurationError
from buildpack_release.files.cache import cache_directory
from buildpack_release.wheels.lock_file import read_lock
from buildpack_release.wheels.vendor import fetch

ROOT = Path(__file__).parents[5]
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


ALLOWED = (
    "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX", "PIP_CONSTRAINT",
    "PIP_CONFIG_FILE", "PIP_CERT", "PIP_PROXY", "PIP_TRUSTED_HOST", "PIP_PRE", "PIP_ONLY_BINARY",
    "PIP_REQUIRE_HASHES", "PIP_DISABLE_PIP_VERSION_CHECK", "PIP_REQUIRE_VIRTUALENV", "PIP_NO_CACHE_DIR",
    "PYTHONPATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "PATH", "LD_LIBRARY_PATH", "CPATH",
    "HTTPS_PROXY", "pip_dry_run", "BP_PIP_DRY_RUN",
)  # fmt: skip


@pytest.mark.parametrize("name", sorted(DANGEROUS))
def test_each_is_refused_with_its_reason(name: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        refuse_dangerous_variables({name: "a-value"})
    assert name in refused.value.title
    assert DANGEROUS[name] in refused.value.detail
    assert "a-value" not in str(refused.value)


@pytest.mark.parametrize("name", ALLOWED)
def test_what_configures_indexes_proxies_and_the_app_passes(name: str) -> None:
    refuse_dangerous_variables({name: "x"})


def test_all_are_reported_at_once() -> None:
    with pytest.raises(ConfigurationError) as refused:
        refuse_dangerous_variables({"PIP_TARGET": "x", "PYTHONHOME": "x", "HOME": "/", "PIP_DRY_RUN": "1"})
    assert refused.value.title.endswith("PIP_DRY_RUN, PIP_TARGET, PYTHONHOME")
    assert len(refused.value.detail.splitlines()) == 3


@pytest.mark.parametrize("name", ["PIP_dry_run", "PIP_Dry-Run", "PIP_DRY-RUN"])
def test_other_spellings_that_pip_accepts_are_refused(name: str) -> None:
    """Pip takes what follows PIP_ in any case, and an underscore for a dash."""
    assert is_dangerous(name, "1")


@pytest.mark.parametrize("value", ["0", "no", "False", "off"])
def test_a_switch_that_is_off_is_harmless_and_reaches_pip(value: str) -> None:
    """It overrules a configuration file of the build image that switches it on."""
    assert without_dangerous({"PIP_USER": value, "PIP_NO_DEPS": value}) == {
        "PIP_USER": value,
        "PIP_NO_DEPS": value,
    }
    assert is_dangerous("PIP_TARGET", value)


def test_empty_means_unset_unless_it_replaces_what_a_buildpack_has_set() -> None:
    assert not is_dangerous("PIP_DRY_RUN", "")
    assert not is_dangerous("PYTHONHOME", "")
    assert is_dangerous("PYTHONUSERBASE", "")
    assert is_dangerous("PIP_PYTHON", "")


@given(st.dictionaries(st.sampled_from([*DANGEROUS, *ALLOWED, "PIP_dry-run"]), st.text(max_size=3)))
def test_what_is_left_is_never_refused(variables: dict[str, str]) -> None:
    left = without_dangerous(variables)
    refuse_dangerous_variables(left)
    assert all(not is_dangerous(name, value) for name, value in left.items())
    assert all(name in left for name in variables if name in ALLOWED)
    assert all(left[name] == variables[name] for name in left)
