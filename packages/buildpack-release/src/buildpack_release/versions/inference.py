"""What would be released now, and as which versions: inferred from what is Unreleased.

A composite changes with its parts. With one version for all, everything is released when anything has
changed, and the largest change counts; with a version for each, only what has changed and what contains it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from buildpack_release.errors import UsageError
from buildpack_release.model.graph import dependencies_first
from buildpack_release.model.order import dependency_graph
from buildpack_release.model.table import suggestion
from buildpack_release.versions.impact import Impact, impact_of, kind_of
from buildpack_release.versions.member import by_id
from buildpack_release.versions.number import BumpKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from buildpack_release.model.settings import Versioning
    from buildpack_release.versions.member import VersionedBuildpack
    from buildpack_release.versions.number import Version


@dataclass(frozen=True)
class KindChoice:
    """The kinds that a person has chosen: for all, and for single buildpacks. `force` allows smaller ones."""

    kind: BumpKind | None = None
    by_id: Mapping[str, BumpKind] = field(default_factory=dict)
    force: bool = False

    @classmethod
    def parse(cls, values: Sequence[str], *, force: bool = False) -> KindChoice:
        """Read `KIND` and `ID=KIND`. Raises UsageError for an unknown kind or one that is given twice."""
        chosen: dict[str, BumpKind] = {}
        for value in values:
            buildpack_id, _, kind = value.rpartition("=")
            if buildpack_id in chosen:
                raise UsageError(f"two kinds are given for {buildpack_id or 'all buildpacks'}")
            chosen[buildpack_id] = BumpKind.parse(kind)
        return cls(chosen.pop("", None), chosen, force)

    def of(self, buildpack_id: str) -> BumpKind | None:
        """Return the kind chosen for a buildpack; None to infer it."""
        return self.by_id.get(buildpack_id, self.kind)


@dataclass(frozen=True)
class NextRelease:
    """A release to come.

    Attributes:
        member: the buildpack as it is now.
        version: the version it gets.
        kind: what rises; None for a first release, which has the version that buildpack.toml gives already.
        impact: how much its changes matter; None if it has not changed.
        parts: the releases of what it contains directly.
        reason: why it is released like that, for people.
    """

    member: VersionedBuildpack
    version: Version
    kind: BumpKind | None
    impact: Impact | None
    parts: tuple[NextRelease, ...]
    reason: str


@dataclass(frozen=True)
class _Change:
    """The impact on one buildpack and where it comes from."""

    impact: Impact
    reason: str


def plan_releases(
    members: Sequence[VersionedBuildpack], versioning: Versioning, choice: KindChoice | None = None
) -> tuple[NextRelease, ...]:
    """Return what would be released, components before what contains them; nothing if nothing is Unreleased.

    The members must be consistent.

    Raises:
        UsageError: a kind is chosen that is smaller than what the changelogs say, without force, or that has
            no buildpack to be for.
    """
    choice = choice or KindChoice()
    known = by_id(members)
    graph = dependency_graph(member.buildpack for member in members)
    ordered = [known[one] for one in dependencies_first(graph)]
    changes = _changes(ordered, graph, choice)
    _check_choice(choice, known, changes, versioning)
    if versioning.is_fixed:
        return _together(ordered, graph, changes, choice) if changes else ()
    kinds = {
        one: _kind(known[one], change.impact, choice, is_first=known[one].is_new)
        for one, change in changes.items()
    }
    return _releases(ordered, graph, changes, kinds)


def _changes(
    ordered: Sequence[VersionedBuildpack], graph: Mapping[str, Sequence[str]], choice: KindChoice
) -> dict[str, _Change]:
    """Find the change of each buildpack that has one: its own or, if larger, that of a part."""
    changes: dict[str, _Change] = {}
    for member in ordered:
        candidates = [
            *_own_change(member),
            *(_from_part(one, changes[one]) for one in graph[member.id] if one in changes),
        ]
        if not candidates:
            continue
        change = max(candidates, key=lambda candidate: candidate.impact)
        changes[member.id] = _as_chosen(member, change, choice)
    return changes


def _own_change(member: VersionedBuildpack) -> list[_Change]:
    entries = [entry for entry in member.changelog.entries if entry.impact]
    if not entries:
        return []
    decisive = max(entries, key=lambda entry: entry.impact or Impact.FIX)
    return [_Change(decisive.impact or Impact.FIX, decisive.reason)]


def _from_part(part: str, change: _Change) -> _Change:
    return _Change(change.impact, f"{part}: {change.reason.rpartition(': ')[2]}")


def _as_chosen(member: VersionedBuildpack, change: _Change, choice: KindChoice) -> _Change:
    """Let a chosen kind count for what contains the buildpack as well."""
    kind = choice.of(member.id)
    if kind is None:
        return change
    chosen = impact_of(kind)
    is_smaller = kind < kind_of(change.impact, member.version)
    impact = chosen if is_smaller and choice.force else max(chosen, change.impact)
    return _Change(impact, change.reason)


def _check_choice(
    choice: KindChoice,
    known: Mapping[str, VersionedBuildpack],
    changes: Mapping[str, _Change],
    versioning: Versioning,
) -> None:
    for one in choice.by_id:
        if one not in known:
            advice = suggestion(one, known) or f"There are: {', '.join(known)}."
            raise UsageError(f'no buildpack "{one}" in this repository', advice=advice)
        if versioning.is_fixed:
            raise UsageError(
                f"a kind cannot be chosen for {one} alone: all buildpacks here have one version",
                advice='Write --kind KIND, or set versioning = "independent" in [tool.buildpack-release].',
            )
        if one not in changes:
            raise UsageError(f"nothing of {one} is Unreleased", file=known[one].changelog.path)


def _together(
    ordered: Sequence[VersionedBuildpack],
    graph: Mapping[str, Sequence[str]],
    changes: Mapping[str, _Change],
    choice: KindChoice,
) -> tuple[NextRelease, ...]:
    """Release everything with the one next version."""
    impact = max(change.impact for change in changes.values())
    decisive = next(one for one in ordered if one.id in changes and changes[one.id].impact is impact)
    is_first = all(member.is_new for member in ordered)
    kind = _kind(decisive, impact, choice, is_first=is_first)
    return _releases(ordered, graph, changes, {member.id: kind for member in ordered})


def _kind(
    member: VersionedBuildpack, impact: Impact, choice: KindChoice, *, is_first: bool
) -> BumpKind | None:
    """Return the kind of a release, inferred or chosen; None for a first one, which has its version."""
    wanted = choice.of(member.id)
    inferred = None if is_first else kind_of(impact, member.version)
    if wanted is None or inferred is None or wanted >= inferred or choice.force:
        return wanted or inferred
    raise UsageError(
        f"{wanted} is too small: what is Unreleased of {member.id} needs {inferred}",
        advice="Leave --kind out, or add --force.",
        file=member.changelog.path,
    )


def _releases(
    ordered: Sequence[VersionedBuildpack],
    graph: Mapping[str, Sequence[str]],
    changes: Mapping[str, _Change],
    kinds: Mapping[str, BumpKind | None],
) -> tuple[NextRelease, ...]:
    releases: dict[str, NextRelease] = {}
    for member in ordered:
        if member.id not in kinds:
            continue
        kind, change = kinds[member.id], changes.get(member.id)
        releases[member.id] = NextRelease(
            member,
            member.version.bump(kind) if kind else member.version,
            kind,
            change.impact if change else None,
            tuple(releases[one] for one in graph[member.id] if one in releases),
            change.reason if change else "no changes",
        )
    return tuple(releases.values())
