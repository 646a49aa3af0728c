"""How the lifecycle matches the build plans of a group.

Source: the lifecycle's detector (0.21). It decides between alternatives by position: depth first over the
buildpacks of the group, each one's alternatives from left to right; metadata plays no part.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from buildpack_release.model.build_plan import Alternative, PlanRequirement

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@dataclass(frozen=True)
class DetectedBuildpack:
    """A buildpack that passed detection, with the alternatives of its plan (none: the empty plan)."""

    id: str
    alternatives: tuple[Alternative, ...]
    optional: bool = False


@dataclass(frozen=True)
class Selected:
    """A buildpack of a trial with the alternative tried for it. `optional`: it may be dropped."""

    id: str
    alternative: Alternative
    number: int
    optional: bool = False


@dataclass(frozen=True)
class DetectionFault:
    """Why a trial failed: `id` requires what nobody has provided, or provides what nobody requires later."""

    id: str
    name: str
    is_requirement: bool

    def __str__(self) -> str:
        return (
            f"{self.id} requires {self.name}"
            if self.is_requirement
            else f"{self.id} provides unused {self.name}"
        )


@dataclass(frozen=True)
class ResolvedEntry:
    """One name of a resolved plan: its providers, and its requirements with who requires, in group order."""

    name: str
    providers: tuple[str, ...]
    requires: tuple[tuple[str, PlanRequirement], ...]


@dataclass(frozen=True)
class GroupResolution:
    """A successful trial: the buildpacks that take part, the entries between them, and who was dropped."""

    selected: tuple[Selected, ...]
    entries: tuple[ResolvedEntry, ...]
    dropped: tuple[Selected, ...] = ()


@dataclass(frozen=True)
class GroupTrial:
    """One try: a resolution, or the faults of the required buildpacks that ended it."""

    selected: tuple[Selected, ...]
    resolution: GroupResolution | None
    faults: tuple[DetectionFault, ...] = ()


def resolve(group: Sequence[DetectedBuildpack]) -> GroupResolution | None:
    """Resolve the plans of a group exactly as the lifecycle does; None when no trial fits.

    The group holds the buildpacks that passed detection, in order.
    """
    return next((trial.resolution for trial in trials(group) if trial.resolution), None)


def trials(group: Sequence[DetectedBuildpack]) -> Iterator[GroupTrial]:
    """Return the lifecycle's trials in its order; the first with a resolution is the one it takes."""
    for selected in _selections(group):
        yield _try(selected)


def _selections(group: Sequence[DetectedBuildpack]) -> Iterator[tuple[Selected, ...]]:
    """Depth first, left to right: the last buildpack's alternatives vary fastest."""
    if not group:
        yield ()
        return
    first, rest = group[0], group[1:]
    alternatives = first.alternatives or (Alternative(),)
    for number, alternative in enumerate(alternatives):
        # An optional buildpack may only be dropped in its last alternative.
        optional = first.optional and number == len(alternatives) - 1
        for others in _selections(rest):
            yield (Selected(first.id, alternative, number, optional), *others)


def _try(selected: tuple[Selected, ...]) -> GroupTrial:
    """Drop optional buildpacks that do not fit until all fit or a required one does not."""
    remaining = selected
    dropped: tuple[Selected, ...] = ()
    while remaining:
        ledgers = _ledgers(remaining)
        misfits = [fault for ledger in ledgers.values() for fault in ledger.faults()]
        if not misfits:
            return GroupTrial(
                selected,
                GroupResolution(remaining, tuple(ledger.entry() for ledger in ledgers.values()), dropped),
            )
        ids = {fault.id for fault in misfits}
        faults = [
            fault for fault in misfits if any(one.id == fault.id and not one.optional for one in remaining)
        ]
        if faults:
            return GroupTrial(selected, None, tuple(faults))
        dropped += tuple(one for one in remaining if one.id in ids)
        remaining = tuple(one for one in remaining if one.id not in ids)
    return GroupTrial(selected, None)


@dataclass
class _Ledger:
    """The book of one name while walking over a group."""

    name: str
    providers: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    requires: list[tuple[str, PlanRequirement]] = field(default_factory=list)
    unmet: list[str] = field(default_factory=list)

    def require(self, buildpack_id: str, requirement: PlanRequirement) -> None:
        self.providers += self.waiting
        self.waiting = []
        if self.providers:
            self.requires.append((buildpack_id, requirement))
        else:
            self.unmet.append(buildpack_id)

    def faults(self) -> Iterator[DetectionFault]:
        yield from (DetectionFault(one, self.name, is_requirement=True) for one in self.unmet)
        yield from (DetectionFault(one, self.name, is_requirement=False) for one in self.waiting)

    def entry(self) -> ResolvedEntry:
        return ResolvedEntry(self.name, tuple(self.providers), tuple(self.requires))


def _ledgers(selected: Sequence[Selected]) -> dict[str, _Ledger]:
    ledgers: dict[str, _Ledger] = {}
    for one in selected:
        # What a buildpack provides counts before what it requires: it may meet its own requirement.
        for name in one.alternative.provides:
            ledgers.setdefault(name, _Ledger(name)).waiting.append(one.id)
        for requirement in one.alternative.requires:
            ledgers.setdefault(requirement.name, _Ledger(requirement.name)).require(one.id, requirement)
    return ledgers
