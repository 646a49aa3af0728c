"""What may be wished for, and the words for everything else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildpack_api.errors import ConfigurationError
from buildpack_api.plan import BuildpackPlan, PlanEntry
from buildpack_api.tools.constraint import ToolConstraint, read_constraint
from pip_tool.build import TOOL

SHA = "ab" * 32


def constraint(version: str = "", sha256: str = "", *metadata: dict[str, object]) -> ToolConstraint | None:
    environment = {"BP_PIP_VERSION": version, "BP_PIP_SHA256": sha256}
    return read_constraint(TOOL, environment, BuildpackPlan(tuple(PlanEntry("pip", one) for one in metadata)))


def refused(version: str = "", sha256: str = "", *metadata: dict[str, object]) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        constraint(version, sha256, *metadata)
    return caught.value


def test_nobody_needs_to_wish_for_anything() -> None:
    assert constraint() is None
    assert constraint("  ", "", {"build": True}) is None


@pytest.mark.parametrize(
    ("text", "specifier", "exact"),
    [
        ("25.3", "==25.3", "25.3"),
        (" 25.3\n", "==25.3", "25.3"),
        ("==25.3", "==25.3", "25.3"),
        ("25.3.0", "==25.3.0", "25.3.0"),
        ("26.0b1", "==26.0b1", "26.0b1"),
        ("25.*", "==25.*", ""),
        (">=25.1,<26", "<26,>=25.1", ""),
        ("~=25.1", "~=25.1", ""),
    ],
)
def test_a_version_a_series_or_a_range(text: str, specifier: str, exact: str) -> None:
    found = constraint(text)
    assert found == ToolConstraint(specifier, ("BP_PIP_VERSION",), exact)


def test_sources_are_put_together() -> None:
    found = constraint(
        "25.3", "", {"version": ">=25", "version-source": "lock"}, {"version": "25.3", "sha256": SHA}
    )
    assert found is not None
    assert found.specifier == "==25.3,>=25"
    assert (found.exact, found.sha256) == ("25.3", SHA)
    assert str(found) == (
        "25.3 (BP_PIP_VERSION and build plan (lock) and build plan (a buildpack that requires pip))"
    )


def test_a_wish_allows_what_fits_and_has_the_sum() -> None:
    found = constraint("25.3", SHA.upper())
    assert found is not None
    assert found.allows("25.3", SHA)
    assert not found.allows("25.3", "0" * 64)
    assert not found.allows("25.2", SHA)


@pytest.mark.parametrize("text", ["latest", "pip==25.3", "python-25.3", "25,3", "\x1b[31m25"])
def test_what_is_no_version_is_shown(text: str) -> None:
    error = refused(text)
    assert error.title == "BP_PIP_VERSION is not a version of pip"
    assert "\x1b" not in error.detail
    assert "25.3" in error.advice


@pytest.mark.parametrize("text", ["22.2.2", "9.0.1", "==20.0"])
def test_a_pip_that_knows_no_other_environment_is_too_old(text: str) -> None:
    error = refused(text)
    assert "is too old (BP_PIP_VERSION)" in error.title
    assert "22.3" in error.advice


def test_contradictions_name_both_sources() -> None:
    error = refused("25.3", "", {"version": "<25", "version-source": "poetry.lock"})
    assert error.title == (
        "BP_PIP_VERSION and build plan (poetry.lock) contradict each other: no pip satisfies both"
    )
    assert error.detail == "BP_PIP_VERSION: 25.3\nbuild plan (poetry.lock): <25"
    assert "different SHA-256s" in refused("25.3", SHA, {"version": "25.3", "sha256": "cd" * 32}).title


@pytest.mark.parametrize(
    ("version", "sha256", "title"),
    [
        ("", SHA, "BP_PIP_SHA256 is set, and BP_PIP_VERSION is not"),
        ("25.3", "abc", "BP_PIP_SHA256 is not a SHA-256"),
        ("25.3", "md5:" + "a" * 64, "BP_PIP_SHA256 is not a SHA-256"),
        (">=25", SHA, "BP_PIP_SHA256 needs an exact version beside it"),
    ],
)
def test_a_sum_must_be_one_and_have_its_version(version: str, sha256: str, title: str) -> None:
    assert refused(version, sha256).title == title


def test_a_number_in_the_plan_is_no_version() -> None:
    assert "version = 25.1, which is not a string" in refused("", "", {"version": 25.1}).title


@given(st.text(alphabet="0123456789.,*<>=!~abrcdevpost \u0663", max_size=20) | st.just(">=" + "9" * 5000))
def test_any_text_is_a_wish_or_one_error(text: str) -> None:
    try:
        found = constraint(text, "", {"version": ">=25"})
    except ConfigurationError as error:
        said = str(error)
    else:
        assert found is not None
        found.allows("26.3", SHA)
        said = str(found)
    assert 0 < len(said) < 1000
