"""The sources are intersected, and each way to have no version has its own message."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from buildpack_api.errors import ConfigurationError, PlatformError
from buildpack_api.target import Target
from python_runtime.versions.choice import RuntimeChoice, choose
from python_runtime.versions.request import PythonRequest, parse_request

if TYPE_CHECKING:
    from buildpack_common.runtimes_catalogue import RuntimesCatalogue

AMD64 = Target("linux", "amd64")
TODAY = dt.date(2026, 1, 15)


def asked(**sources: str) -> list[PythonRequest]:
    return [parse_request(text, source) for source, text in sources.items()]


def chosen(catalogue: RuntimesCatalogue, **sources: str) -> RuntimeChoice:
    return chosen_on(TODAY, catalogue, **sources)


def chosen_on(today: dt.date, catalogue: RuntimesCatalogue, **sources: str) -> RuntimeChoice:
    return choose(asked(**sources), catalogue, AMD64, today)


def refused(catalogue: RuntimesCatalogue, **sources: str) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        chosen(catalogue, **sources)
    return caught.value


@pytest.mark.parametrize(
    ("sources", "version"),
    [
        ({}, "3.14.2"),
        ({"file": "3.12"}, "3.12.12"),
        ({"file": "3.12.11"}, "3.12.11"),
        ({"range": ">=3.11"}, "3.14.2"),
        ({"range": ">=3.10,<3.13"}, "3.12.12"),
        ({"range": ">3.14,!=3.14.*"}, "3.15.1"),
        ({"range": "*"}, "3.14.2"),
        ({"file": "3.12", "range": ">=3.11"}, "3.12.12"),
        ({"file": "3.12", "range": "<3.12.12"}, "3.12.11"),
        ({"one": ">=3.11", "two": "<3.14", "three": "!=3.13.9"}, "3.13.8"),
        ({"file": "3.12", "same": "3.12.12"}, "3.12.12"),
    ],
)
def test_the_newest_patch_of_the_default_or_else_newest_line_wins(
    sources: dict[str, str], version: str, catalogue: RuntimesCatalogue
) -> None:
    assert chosen(catalogue, **sources).runtime.version == version


def test_the_reason_names_what_was_asked_for(catalogue: RuntimesCatalogue) -> None:
    assert (
        chosen(catalogue).reason == "the default line of the catalogue is 3.14, and nothing asks for another"
    )
    assert chosen(catalogue, a="3.12", b=">=3.11").reason == "a asks for 3.12 and b asks for >=3.11"


def test_the_reason_says_that_a_newer_line_was_possible(catalogue: RuntimesCatalogue) -> None:
    """A range without an end takes the default line, so that a new line breaks nobody on its first day."""
    choice = chosen(catalogue, project=">=3.13")

    assert choice.runtime.line == "3.14"
    assert choice.reason == (
        "project asks for >=3.13; that leaves 3.13, 3.14 and 3.15, "
        "and the default line of the catalogue is 3.14"
    )
    assert chosen(catalogue, project=">=3.13,<3.15").reason == "project asks for >=3.13,<3.15"


def carrying(catalogue: RuntimesCatalogue, *versions: str, **sources: str) -> RuntimeChoice:
    carried = {r.sha256 for r in catalogue.runtimes if r.version in versions}
    return choose(asked(**sources), catalogue, AMD64, TODAY, carried)


@pytest.mark.parametrize(
    ("sources", "version"),
    [
        ({}, "3.13.8"),
        ({"file": "3.12"}, "3.12.11"),
        ({"range": ">=3.10"}, "3.13.8"),
        ({"range": ">=3.10,<3.13"}, "3.12.11"),
        ({"file": "3.12.12"}, "3.12.12"),
        ({"file": "3.11"}, "3.11.14"),
    ],
)
def test_what_an_offline_package_carries_goes_before_newer_ones(
    sources: dict[str, str], version: str, catalogue: RuntimesCatalogue
) -> None:
    """Only what it does not carry at all is taken from elsewhere, as always."""
    assert carrying(catalogue, "3.12.11", "3.13.8", **sources).runtime.version == version


def test_the_carried_default_line_goes_before_newer_carried_ones(catalogue: RuntimesCatalogue) -> None:
    assert carrying(catalogue, "3.14.1", "3.15.1").runtime.version == "3.14.1"


def test_what_the_carried_archives_changed_is_said(catalogue: RuntimesCatalogue) -> None:
    choice = carrying(catalogue, "3.13.8")
    assert choice.reason == (
        "nothing asks for a line, and the default line 3.14 is not in this offline package"
    )
    assert "carries no Python 3.14.2, which would be taken otherwise" in choice.hints[0]
    assert not any("is available" in hint for hint in choice.hints)
    exact = carrying(catalogue, "3.13.8", file="3.13.8")
    assert (exact.reason, exact.hints) == ("file asks for 3.13.8", ())


def test_an_unknown_patch_names_the_known_ones(catalogue: RuntimesCatalogue) -> None:
    error = refused(catalogue, file="3.12.99")

    assert error.title == "Python 3.12.99 is not known to this buildpack (file)"
    assert error.detail == "It knows these versions of 3.12: 3.12.11 to 3.12.12."
    assert "Ask for 3.12 to get the newest patch, 3.12.12" in error.advice


@pytest.mark.parametrize("text", ["3.9", "3.9.18", "2.7", "2.7.18", "1.0"])
def test_a_line_before_the_oldest_has_reached_its_end_of_life(
    text: str, catalogue: RuntimesCatalogue
) -> None:
    error = refused(catalogue, file=text)

    assert "has reached its end of life and is not available (file)" in error.title
    assert "at least Python 3.10, better to 3.14" in error.advice


def test_lines_that_ended_meanwhile_are_not_advised(catalogue: RuntimesCatalogue) -> None:
    with pytest.raises(ConfigurationError) as caught:
        chosen_on(dt.date(2026, 12, 1), catalogue, file="3.9")

    assert "Supported lines: 3.11, 3.12" in caught.value.detail
    assert "at least Python 3.11" in caught.value.advice


@pytest.mark.parametrize("text", ["3.16", "3.16.0", "4.0"])
def test_a_line_after_the_newest_is_not_known_yet(text: str, catalogue: RuntimesCatalogue) -> None:
    error = refused(catalogue, file=text)

    assert "is not known to this buildpack (file)" in error.title
    assert error.detail == "Known lines: 3.10, 3.11, 3.12, 3.13, 3.14, 3.15"
    assert "newer version of this buildpack" in error.advice


def test_a_range_without_a_known_version_is_shown(catalogue: RuntimesCatalogue) -> None:
    error = refused(catalogue, project="<3.10")

    assert error.title == "No known Python is in the range of project"
    assert error.detail.splitlines()[:3] == [
        "Found: <3.10",
        "This buildpack knows:",
        "  3.10.19 to 3.10.20",
    ]
    assert "such as >=3.14" in error.advice


@pytest.mark.parametrize("text", ["==3.12", "===3.12", ">=3.11,==3.12"])
def test_two_numbers_after_the_equals_sign_are_explained(text: str, catalogue: RuntimesCatalogue) -> None:
    error = refused(catalogue, project=text)

    assert "==3.12 means 3.12.0 alone." in error.detail
    assert error.advice == "For the newest patch of a line write ==3.12.*"


def test_a_contradiction_names_both_sources_and_their_ranges(catalogue: RuntimesCatalogue) -> None:
    error = refused(catalogue, file="3.11", project=">=3.12")

    assert error.title == "file and project contradict each other: no known Python satisfies all of them"
    assert error.detail.splitlines() == [
        "file     3.11  (allows 3.11.13 to 3.11.14)",
        "project  >=3.12  (allows 3.12.11 to 3.15.1)",
    ]


def test_only_the_sources_that_contradict_each_other_are_named(catalogue: RuntimesCatalogue) -> None:
    error = refused(catalogue, innocent=">=3.10", file="3.11", project=">=3.12")

    assert "innocent" not in f"{error.title}{error.detail}"


def test_three_sources_may_contradict_only_together(catalogue: RuntimesCatalogue) -> None:
    error = refused(catalogue, a=">=3.12,<3.14", b="!=3.12.*", c="!=3.13.*")

    assert error.title.startswith("a, b and c contradict each other")
    assert "allows 3.10.19 to 3.11.14, 3.13.8 to 3.15.1" in error.detail


def test_an_architecture_without_archives_is_refused_before_anything_else(
    catalogue: RuntimesCatalogue,
) -> None:
    with pytest.raises(PlatformError, match="no Python for linux/arm64") as caught:
        choose(asked(file="2.7"), catalogue, Target("linux", "arm64"), TODAY)

    assert "linux/amd64" in caught.value.detail


@pytest.mark.parametrize(
    ("today", "warning"),
    [
        (dt.date(2025, 10, 30), None),
        (dt.date(2025, 10, 31), "Python 3.10 reaches its end of life on 2026-10-31"),
        (dt.date(2026, 10, 31), "Python 3.10 reaches its end of life on 2026-10-31"),
        (dt.date(2026, 11, 1), "Python 3.10 reached its end of life on 2026-10-31"),
    ],
)
def test_the_end_of_life_is_announced_a_year_ahead(
    today: dt.date, warning: str | None, catalogue: RuntimesCatalogue
) -> None:
    titles = [title for title, _ in chosen_on(today, catalogue, file="3.10").warnings]

    assert titles == ([warning] if warning else [])


@pytest.mark.parametrize(
    ("sources", "hint"),
    [
        ({"file": "3.12.11"}, "Python 3.12.12 is available. file holds on to 3.12.11"),
        ({"file": "3.12", "project": "<3.12.12"}, "3.12.12 is available. project holds on to 3.12.11"),
        ({"project": ">=3.11"}, "A file .python-version with the line 3.14"),
        ({}, "A file .python-version with the line 3.14"),
    ],
)
def test_hints(sources: dict[str, str], hint: str, catalogue: RuntimesCatalogue) -> None:
    (found,) = chosen(catalogue, **sources).hints

    assert hint in found


def test_a_range_that_ends_with_the_first_patch_of_a_line_is_pointed_out(
    catalogue: RuntimesCatalogue,
) -> None:
    choice = chosen(catalogue, project="<=3.12")

    assert choice.runtime.line == "3.11"
    assert "project: <=3.12 ends with 3.12.0; <3.13 is the whole line." in choice.hints


@pytest.mark.parametrize(
    "sources", [{"file": "3.12"}, {"file": "3.12.12"}, {"file": "3.12", "project": "<3.13"}]
)
def test_nothing_is_hinted_at_when_all_is_well(sources: dict[str, str], catalogue: RuntimesCatalogue) -> None:
    assert chosen(catalogue, **sources).hints == ()


texts = st.sampled_from(
    ["3.10", "3.11", "3.12.11", ">=3.11", "<3.14", "!=3.13.*", "~=3.12", "*", "3.14.1", ">=3.12,<3.14"]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(requests=st.lists(texts, max_size=4))
def test_the_choice_satisfies_all_or_a_smallest_contradiction_is_named(
    requests: list[str], catalogue: RuntimesCatalogue
) -> None:
    parsed = [parse_request(text, f"source{number}") for number, text in enumerate(requests)]
    try:
        choice = choose(parsed, catalogue, AMD64, TODAY)
    except ConfigurationError as error:
        named = [request for request in parsed if request.source in error.title]
        assert len(named) > 1
        for left_out in named:
            choose([request for request in named if request is not left_out], catalogue, AMD64, TODAY)
    else:
        assert all(request.allows(choice.runtime.version) for request in parsed)


def test_the_order_of_the_sources_does_not_matter(catalogue: RuntimesCatalogue) -> None:
    forward, backward = asked(a="3.12", b="<3.12.12"), asked(b="<3.12.12", a="3.12")

    first, second = (choose(some, catalogue, AMD64, TODAY) for some in (forward, backward))

    assert replace(first, reason="") == replace(second, reason="")
