"""Rows: medians, ratios, and whether an aim is met."""

from __future__ import annotations

import pytest

from benchmarks.measure import Sample
from benchmarks.rows import Aim, Curve, Row, Series, Unit


def row(ours: list[float], theirs: list[float] | None, aim: Aim) -> Row:
    peer = Series(tuple(theirs)) if theirs else None
    return Row(group="g", what="w", against="a", ours=Series(tuple(ours)), theirs=peer, aim=aim)


@pytest.mark.parametrize(
    ("aim", "met"),
    [
        (Aim.ratio(0.5), True),
        (Aim.ratio(0.4), False),
        (Aim.more(0.0), True),
        (Aim.value(2.0), True),
        (Aim.value(1.9), False),
        (Aim(), None),
    ],
)
def test_an_aim_is_judged_by_the_medians(aim: Aim, *, met: bool | None) -> None:
    """One outlier of noise decides nothing."""
    assert row([2.0, 1.0, 99.0], [4.0, 1.0, 4.0], aim).met is met


def test_a_difference_is_an_aim_of_its_own() -> None:
    """A limit such as 100 ms more than a bare interpreter is no ratio."""
    assert row([0.15], [0.06], Aim.more(0.1)).met
    assert not row([0.17], [0.06], Aim.more(0.1)).met


def test_nothing_allowed_means_nothing() -> None:
    """An aim of zero uploads is missed by the first one, without a division by zero."""
    assert row([0.0], None, Aim.value(0)).met
    assert not row([1.0], None, Aim.value(0)).met


def test_ratios_pair_runs_of_a_round() -> None:
    """Noise that meets both sides of a round cancels out."""
    found = row([1.0, 10.0], [2.0, 20.0], Aim()).ratios
    assert found is not None
    assert found.values == (0.5, 0.5)


def test_a_timed_row_has_both_times() -> None:
    """Processor time is the witness where wall time is noisy."""
    made = Row.timed("g", "w", "a", [Sample(1.0, 0.5)], [Sample(2.0, 2.0)])
    assert made.ratio == 0.5
    assert made.processor is not None
    assert made.processor.median == 0.25


def test_a_peer_that_needs_nothing_has_no_ratio() -> None:
    """A processor time below the clock's resolution is no divisor."""
    made = Row.timed("g", "w", "a", [Sample(1.0, 0.5)], [Sample(2.0, 0.0)])
    assert made.processor is None


def test_pressure_orders_aims_of_all_kinds() -> None:
    """The summary names the worst rows, whatever their units are."""
    assert row([1.0], [1.0], Aim.ratio(0.5)).pressure == 2
    assert row([1.5], [1.0], Aim.more(1.0)).pressure == 0.5
    assert row([1.0], None, Aim()).pressure == 0


@pytest.mark.parametrize(
    ("unit", "value", "text"),
    [
        (Unit.SECONDS, 0.0123, "12.3 ms"),
        (Unit.SECONDS, 1.234, "1.23 s"),
        (Unit.BYTES, 1.5e6, "1.5 MB"),
        (Unit.COUNT, 10.0, "10"),
    ],
)
def test_figures_are_for_people(unit: Unit, value: float, text: str) -> None:
    """Each unit has its form, from milliseconds up."""
    assert unit.show(value) == text


@pytest.mark.parametrize(("middle", "expected"), [(5.0, 15.0), (1.0, 1.0), (0.5, 1.0)])
def test_growth_is_held_against_a_straight_line(middle: float, expected: float) -> None:
    """Fixed cost must not hide that each item costs more; noise must not promise that more cost less."""
    wall = Series((9.0, 9.0))
    points = ((10, wall, Series((1.0, 1.0))), (50, wall, Series((middle, middle))), (150, wall, wall))
    assert Curve("c", "items", points).straight(150) == pytest.approx(expected)
