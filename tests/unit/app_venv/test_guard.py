"""The variables that are refused: all at once, however they are spelt, and no others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app_venv.guard import DANGEROUS, is_dangerous, refuse_dangerous_variables, without_dangerous
from buildpack_api.errors import ConfigurationError

HARMLESS = (
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


@pytest.mark.parametrize("name", HARMLESS)
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


@given(st.dictionaries(st.sampled_from([*DANGEROUS, *HARMLESS, "PIP_dry-run"]), st.text(max_size=3)))
def test_what_is_left_is_never_refused(variables: dict[str, str]) -> None:
    left = without_dangerous(variables)
    refuse_dangerous_variables(left)
    assert all(not is_dangerous(name, value) for name, value in left.items())
    assert all(name in left for name in variables if name in HARMLESS)
    assert all(left[name] == variables[name] for name in left)
