"""The plan proof: for each group of each composite, that the build plans fit whatever the app looks like.

Every plan is declared in files, so every outcome of detection can be tried: each member passes with one of
its plans, or fails if none of them is unconditional. Wherever all required members pass, their plans have to
resolve as the lifecycle resolves them. Two kinds of failure are told apart: a requirement that nobody meets
is an error, while a provision that nobody wants only means that the group is not for that app.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

from buildpack_release.checking.plan_resolution import DetectedBuildpack, GroupResolution, GroupTrial, trials

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from buildpack_release.checking.plan_resolution import ResolvedEntry
    from buildpack_release.model.build_plan import BuildPlan
    from buildpack_release.model.buildpack_descriptor import OrderEntry
    from buildpack_release.model.toml_source import TomlSource

# A group with more cases is beyond what people can follow as well.
MOST_CASES = 10_000


@dataclass(frozen=True)
class PlanChoice:
    """One way in which a buildpack passes detection. `name` is that of the plan, `source` its file."""

    name: str
    plan: BuildPlan
    source: TomlSource | None = None


@dataclass(frozen=True)
class GroupMember:
    """A buildpack of a group: its possible choices, and whether its detection may fail."""

    entry: OrderEntry
    choices: tuple[PlanChoice, ...]
    may_fail: bool

    @property
    def outcomes(self) -> tuple[PlanChoice | None, ...]:
        """What detection may give where the group as a whole still can pass; None: this member fails."""
        return (*self.choices, None) if self.may_fail and self.entry.optional else self.choices


@dataclass(frozen=True)
class Case:
    """An outcome of detection for each id (None: it fails, as optional members may), and the trials."""

    outcomes: Mapping[str, PlanChoice | None]
    trials: tuple[GroupTrial, ...]

    @property
    def resolution(self) -> GroupResolution | None:
        """How the plans fit; None if they do not."""
        return self.trials[-1].resolution if self.trials else None

    @property
    def is_broken(self) -> bool:
        """Whether requirements stay unmet in every trial."""
        return self.resolution is None and all(
            any(fault.is_requirement for fault in trial.faults) for trial in self.trials
        )

    def __str__(self) -> str:
        outcomes = self.outcomes.items()
        return ", ".join(
            f"{one} by {found.name}" if found else f"{one} fails detection" for one, found in outcomes
        )


@dataclass(frozen=True)
class GroupProof:
    """All cases of one group, as the lifecycle sees it: nested composites are expanded.

    `environment` is the execution environment (CNB_EXEC_ENV) that chose its members; "" if none did.
    """

    composite: str
    number: int
    file: Path
    line: int | None
    cases: tuple[Case, ...]
    environment: str = ""

    @property
    def title(self) -> str:
        """Name the group for people."""
        where = f" in {self.environment}" if self.environment else ""
        return f"{self.composite}, group {self.number}{where}"

    def lines(self) -> Iterator[str]:
        """Return the proof for people."""
        fitting = [case for case in self.cases if case.resolution]
        yield f"{self.title}: the plans fit in {len(fitting)} of {len(self.cases)} cases"
        for case in fitting:
            yield f"  {case}"
            yield from (f"    {line}" for line in _entries(case))

    def data(self) -> dict[str, Any]:
        """Return the proof as data for JSON."""
        return {
            "composite": self.composite,
            "group": self.number,
            "environment": self.environment,
            "cases": [_case_data(case) for case in self.cases],
        }


def count_cases(members: Sequence[GroupMember]) -> int:
    """Return the number of cases that `cases` would go through."""
    return prod(len(member.outcomes) for member in members)


def cases(members: Sequence[GroupMember]) -> Iterator[Case]:
    """Return every case in which all required members pass detection, and at least one member does."""
    for outcomes in product(*(member.outcomes for member in members)):
        group = [
            DetectedBuildpack(member.entry.id, choice.plan.alternatives, member.entry.optional)
            for member, choice in zip(members, outcomes, strict=True)
            if choice is not None
        ]
        if group:
            chosen = {member.entry.id: choice for member, choice in zip(members, outcomes, strict=True)}
            yield Case(chosen, tuple(_until_fit(group)))


def _until_fit(group: Sequence[DetectedBuildpack]) -> Iterator[GroupTrial]:
    for trial in trials(group):
        yield trial
        if trial.resolution:
            return


def _entries(case: Case) -> Iterator[str]:
    if case.resolution is None:
        return
    numbers = {one.id: one.number for one in case.resolution.selected if len(_alternatives(case, one.id)) > 1}
    width = max((len(entry.name) for entry in case.resolution.entries), default=0)
    for entry in case.resolution.entries:
        requirers = ", ".join(_named(one, numbers) for one, _ in entry.requires)
        providers = ", ".join(_named(one, numbers) for one in entry.providers)
        yield f"{entry.name.ljust(width)}  {providers} -> {requirers}"
    for dropped in case.resolution.dropped:
        yield f"{dropped.id} is dropped"


def _alternatives(case: Case, buildpack_id: str) -> Sequence[object]:
    choice = case.outcomes[buildpack_id]
    return choice.plan.alternatives if choice else ()


def _named(buildpack_id: str, numbers: Mapping[str, int]) -> str:
    number = numbers.get(buildpack_id)
    return buildpack_id if number is None else f"{buildpack_id} (alternative {number + 1})"


def _case_data(case: Case) -> dict[str, Any]:
    resolution = case.resolution
    return {
        "chosen": {one: choice.name if choice else None for one, choice in case.outcomes.items()},
        "resolves": resolution is not None,
        "broken": case.is_broken,
        "dropped": [one.id for one in resolution.dropped] if resolution else [],
        "entries": [_entry_data(entry) for entry in resolution.entries] if resolution else [],
    }


def _entry_data(entry: ResolvedEntry) -> dict[str, Any]:
    requires = [{"by": one, "metadata": dict(requirement.metadata)} for one, requirement in entry.requires]
    return {"name": entry.name, "providers": list(entry.providers), "requires": requires}
