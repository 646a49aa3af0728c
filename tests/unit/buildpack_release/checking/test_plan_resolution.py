from __future__ import annotations

from itertools import combinations, product

from hypothesis import given, settings
from hypothesis import strategies as st

from buildpack_release.checking.plan_resolution import DetectedBuildpack, Selected, resolve, trials
from buildpack_release.model.build_plan import Alternative, PlanRequirement

NAMES = st.sampled_from("xyz")


def alternative(provides: str = "", requires: str = "") -> Alternative:
    return Alternative(tuple(provides), tuple(PlanRequirement(name) for name in requires))


def candidate(name: str, *alternatives: Alternative, optional: bool = False) -> DetectedBuildpack:
    return DetectedBuildpack(name, alternatives, optional)


ALTERNATIVES = st.builds(
    lambda provides, requires: alternative("".join(provides), "".join(requires)),
    st.lists(NAMES, max_size=2),
    st.lists(NAMES, max_size=2),
)
GROUPS = st.lists(
    st.tuples(st.lists(ALTERNATIVES, min_size=1, max_size=3), st.booleans()), min_size=1, max_size=5
).map(
    lambda members: [
        DetectedBuildpack(str(number), tuple(alternatives), optional)
        for number, (alternatives, optional) in enumerate(members)
    ]
)


def fits(members: tuple[Selected, ...]) -> bool:
    """Say whether all plans of these buildpacks meet, straight from the words of the specification."""
    for position, one in enumerate(members):
        before = {name for other in members[: position + 1] for name in other.alternative.provides}
        after = {need.name for other in members[position:] for need in other.alternative.requires}
        if not {need.name for need in one.alternative.requires} <= before:
            return False
        if not set(one.alternative.provides) <= after:
            return False
    return True


def reference(group: list[DetectedBuildpack]) -> tuple[Selected, ...] | None:
    """Find the resolution by trying every subset.

    Fitting subsets are closed under union, so dropping only misfits keeps the largest fitting one.
    """
    for numbers in product(*(range(len(one.alternatives)) for one in group)):
        members = tuple(
            Selected(
                one.id, one.alternatives[number], number, one.optional and number == len(one.alternatives) - 1
            )
            for one, number in zip(group, numbers, strict=True)
        )
        for size in range(len(members), 0, -1):
            fitting = [subset for subset in combinations(members, size) if fits(subset)]
            if fitting:
                if all(one.optional or one in fitting[0] for one in members):
                    return fitting[0]
                break
    return None


@settings(max_examples=500)
@given(GROUPS)
def test_same_as_trying_everything(group: list[DetectedBuildpack]) -> None:
    """The buildpacks and alternatives chosen are those of an independent definition."""
    resolution = resolve(group)
    assert (resolution.selected if resolution else None) == reference(group)


@given(GROUPS)
def test_a_resolution_is_consistent(group: list[DetectedBuildpack]) -> None:
    """Every entry has a provider and a requirer of the group, nobody is lost, required ones take part."""
    resolution = resolve(group)
    if resolution is None:
        return
    ids = [one.id for one in resolution.selected]
    assert sorted([*ids, *(one.id for one in resolution.dropped)]) == [one.id for one in group]
    assert all(one.optional for one in resolution.dropped)
    for entry in resolution.entries:
        assert entry.providers
        assert entry.requires
        assert ids.index(entry.providers[0]) <= ids.index(entry.requires[0][0])
    asked = sum(len(one.alternative.requires) for one in resolution.selected)
    assert sum(len(entry.requires) for entry in resolution.entries) == asked


def test_provides_count_before_requires_in_one_buildpack() -> None:
    """A buildpack may meet its own requirement."""
    resolution = resolve([candidate("a", alternative("x", "x"))])
    assert resolution is not None
    assert resolution.entries[0].providers == ("a",)


def test_a_provider_after_the_last_requirement_is_unused() -> None:
    """Even if somebody earlier provides the same."""
    group = [
        candidate("a", alternative("x")),
        candidate("b", alternative("", "x")),
        candidate("c", alternative("x")),
    ]
    assert resolve(group) is None
    (trial,) = trials(group)
    assert [str(fault) for fault in trial.faults] == ["c provides unused x"]


def test_several_providers_before_a_requirement() -> None:
    """All take part, in order; the first is asked first."""
    group = [
        candidate("a", alternative("x")),
        candidate("b", alternative("x")),
        candidate("c", alternative("", "x")),
    ]
    resolution = resolve(group)
    assert resolution is not None
    assert resolution.entries[0].providers == ("a", "b")


def test_requirements_come_in_group_order_with_their_metadata() -> None:
    """As they are handed to the provider."""
    needs = [PlanRequirement("x", {"version": str(number)}) for number in range(3)]
    group = [
        candidate("a", alternative("x")),
        candidate("b", Alternative((), (needs[0], needs[1]))),
        candidate("c", Alternative((), (needs[2],))),
    ]
    resolution = resolve(group)
    assert resolution is not None
    assert resolution.entries[0].requires == (("b", needs[0]), ("b", needs[1]), ("c", needs[2]))


def test_the_rightmost_alternatives_vary_fastest() -> None:
    """The first buildpack keeps its preferred alternative as long as possible."""
    group = [
        candidate("a", alternative("x"), alternative("y")),
        candidate("b", alternative("", "y"), alternative("", "x")),
    ]
    resolution = resolve(group)
    assert resolution is not None
    assert [one.number for one in resolution.selected] == [0, 1]
    assert len(list(trials(group))) == 4


def test_an_optional_buildpack_is_dropped_only_in_its_last_alternative() -> None:
    """So a first alternative of an optional buildpack that does not fit costs a trial, not the buildpack."""
    optional = candidate("a", alternative("x"), alternative("", ""), optional=True)
    resolution = resolve([optional, candidate("b", alternative())])
    assert resolution is not None
    assert [(one.id, one.number) for one in resolution.selected] == [("a", 1), ("b", 0)]


def test_dropping_goes_on_until_all_fit() -> None:
    """A dropped buildpack takes along those optional ones that depended on it."""
    group = [
        candidate("a", alternative("x", "missing"), optional=True),
        candidate("b", alternative("y", "x"), optional=True),
        candidate("c", alternative("", "y"), optional=True),
        candidate("d", alternative()),
    ]
    resolution = resolve(group)
    assert resolution is not None
    assert [one.id for one in resolution.selected] == ["d"]
    assert [one.id for one in resolution.dropped] == ["a", "b", "c"]


def test_nothing_left_is_no_resolution() -> None:
    """A group without buildpacks fails detection."""
    assert resolve([]) is None
    assert resolve([candidate("a", alternative("x"), optional=True)]) is None


def test_no_alternatives_are_the_empty_plan() -> None:
    """Which always fits."""
    assert resolve([DetectedBuildpack("a", ())]) is not None
