"""The detect phase: which group of the order passes, and the plan between its buildpacks."""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from buildpack_release.checking.plan_resolution import (
    DetectedBuildpack,
    GroupResolution,
    ResolvedEntry,
    resolve,
)
from buildpack_release.errors import CheckFailed, UsageError
from buildpack_release.model.build_plan import Alternative, PlanRequirement
from buildpack_release.model.targets import own_arch
from buildpack_testing.decoded_toml import decoded, load
from buildpack_testing.failure import LifecycleCode, PhaseError
from buildpack_testing.invocation import buildpack_environment, call, lifecycle_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from buildpack_release.model.buildpack_descriptor import OrderEntry
    from buildpack_release.model.repository import Buildpack
    from buildpack_testing.workspace import ImageEnvironment, Workspace

_PASS, _FAIL = 0, 100

_ALTERNATIVE = {
    "provides": [{"name": str}],
    "requires": [{"name": str, "version": str, "metadata": object}],
}
_PLAN = {**_ALTERNATIVE, "or": [_ALTERNATIVE]}


class GroupOutcome(Enum):
    """What became of one order group."""

    RESOLVED = "resolved"
    NOT_DETECTED = "a required buildpack failed detection"
    ERROR = "a required buildpack failed, and one ended with an error"
    OTHER_TARGET = "a required buildpack is for another target"
    UNRESOLVED = "no plan fits"
    EMPTY = "no buildpack passed detection"


@dataclass(frozen=True)
class DetectRun:
    """One bin/detect: its exit code, its plan when it passed, and what it printed."""

    id: str
    code: int
    output: str
    alternatives: tuple[Alternative, ...] = ()


@dataclass(frozen=True)
class TriedGroup:
    """A group of component buildpacks that was tried, in order."""

    ids: tuple[str, ...]
    outcome: GroupOutcome


@dataclass(frozen=True)
class Detection:
    """The group that passed, the plan between its buildpacks, and everything that was tried on the way."""

    group: tuple[Buildpack, ...]
    plan: tuple[ResolvedEntry, ...]
    tried: tuple[TriedGroup, ...]
    runs: tuple[DetectRun, ...]


@dataclass
class Detector:
    """Detects with the buildpacks given (by id); keeps each bin/detect's result for all groups."""

    workspace: Workspace
    image: ImageEnvironment
    buildpacks: Mapping[str, Buildpack]
    _runs: dict[str, DetectRun] = field(default_factory=dict)

    def detect(self, order: Sequence[Sequence[OrderEntry]]) -> Detection:
        """Try the groups of the order until one passes.

        Raises PhaseError (20 nobody, 21 a buildpack's error), UsageError for an unknown buildpack.
        """
        tried: list[TriedGroup] = []
        for group in expand_order(order, self._lookup):
            self._run_all(group)
            outcome, resolution = self._try(group)
            tried.append(TriedGroup(tuple(entry.id for entry in group), outcome))
            if resolution:
                selected = tuple(self.buildpacks[one.id] for one in resolution.selected)
                return Detection(selected, resolution.entries, tuple(tried), tuple(self._runs.values()))
        raise self._failure(tried)

    def _lookup(self, buildpack_id: str) -> Buildpack:
        if buildpack_id not in self.buildpacks:
            raise UsageError(
                f"The order names {buildpack_id}, which is not there",
                detail=f"There are: {', '.join(self.buildpacks)}.",
            )
        return self.buildpacks[buildpack_id]

    def _run_all(self, group: Sequence[OrderEntry]) -> None:
        """Run what has not run yet; the buildpacks of a group run in parallel, so they must not meet."""
        missing = [
            entry.id for entry in group if entry.id not in self._runs and not self._misses_target(entry)
        ]
        with ThreadPoolExecutor(max_workers=max(len(missing), 1)) as pool:
            for run in pool.map(self._run, missing):
                self._runs[run.id] = run

    def _misses_target(self, entry: OrderEntry) -> bool:
        """Whether a member is required and for other platforms; of an optional one nobody asks."""
        targets = self.buildpacks[entry.id].descriptor.targets
        fitting = (target.os in {"", "linux"} and target.arch in {"", own_arch()} for target in targets)
        return bool(targets) and not entry.optional and not any(fitting)

    def _run(self, buildpack_id: str) -> DetectRun:
        buildpack = self.buildpacks[buildpack_id]
        program = buildpack.directory / "bin" / "detect"
        env = buildpack_environment(
            lifecycle_environment(self.workspace, self.image), buildpack, self.workspace, self.image
        )
        with tempfile.TemporaryDirectory(prefix="strata-detect-") as scratch:
            plan = Path(scratch) / "plan.toml"
            plan.touch(0o600)
            env["CNB_BUILD_PLAN_PATH"] = str(plan)
            try:
                finished = call([program, self.workspace.platform, plan], env=env, cwd=self.workspace.app)
            except OSError as error:
                return DetectRun(buildpack_id, -1, f"{program} cannot be run: {error.strerror}\n")
            return _read_run(buildpack_id, finished.code, finished.output, plan)

    def _try(self, group: Sequence[OrderEntry]) -> tuple[GroupOutcome, GroupResolution | None]:
        if any(self._misses_target(entry) for entry in group):
            return GroupOutcome.OTHER_TARGET, None
        if any(self._runs[entry.id].code != _PASS for entry in group if not entry.optional):
            # An error of an optional member counts only now (lifecycle: phase/detector.go).
            is_broken = any(self._runs[entry.id].code not in {_PASS, _FAIL} for entry in group)
            return (GroupOutcome.ERROR if is_broken else GroupOutcome.NOT_DETECTED), None
        candidates = [
            DetectedBuildpack(entry.id, self._runs[entry.id].alternatives, entry.optional)
            for entry in group
            if self._runs[entry.id].code == _PASS
        ]
        if not candidates:
            return GroupOutcome.EMPTY, None
        resolution = resolve(candidates)
        return (GroupOutcome.RESOLVED if resolution else GroupOutcome.UNRESOLVED), resolution

    def _failure(self, tried: Sequence[TriedGroup]) -> PhaseError:
        is_error = any(group.outcome in {GroupOutcome.ERROR, GroupOutcome.OTHER_TARGET} for group in tried)
        code = LifecycleCode.DETECT_ERROR if is_error else LifecycleCode.DETECT_NOBODY
        lines = [f"{' + '.join(group.ids)}: {group.outcome.value}" for group in tried]
        for run in self._runs.values():
            ended = "passed" if run.code == _PASS else f"ended with {run.code}"
            said = run.output.strip().splitlines() or ([] if run.code == _PASS else ["(no output)"])
            lines += [": ".join([f"{run.id} {ended}", *said[:1]]), *(f"    {line}" for line in said[1:])]
        return PhaseError(code, "No group of buildpacks passed detection", detail="\n".join(lines))


def expand_order(
    order: Sequence[Sequence[OrderEntry]], lookup: Callable[[str], Buildpack]
) -> Iterator[tuple[OrderEntry, ...]]:
    """Return the groups of components in the order in which the lifecycle tries them.

    A composite stands for each group of its own order in turn, and last for nothing if it is optional; of a
    buildpack that would come twice the first counts (lifecycle: phase/detector.go).
    """
    for group in order:
        yield from _expand((), tuple(group), lookup)


def _expand(
    done: tuple[OrderEntry, ...], rest: tuple[OrderEntry, ...], lookup: Callable[[str], Buildpack]
) -> Iterator[tuple[OrderEntry, ...]]:
    for position, entry in enumerate(rest):
        if any(entry.id == one.id for one in done):
            continue
        descriptor = lookup(entry.id).descriptor
        if descriptor.is_composite:
            following = rest[position + 1 :]
            for group in descriptor.order:
                yield from _expand(done, (*group, *following), lookup)
            if entry.optional:
                yield from _expand(done, following, lookup)
            return
        done = (*done, entry)
    yield done


def _read_run(buildpack_id: str, code: int, output: str, plan: Path) -> DetectRun:
    if code != _PASS:
        return DetectRun(buildpack_id, code, output)
    try:
        document = decoded(load(plan), _PLAN, "the plan")
        alternatives = tuple(_read_alternative(one) for one in (document, *document["or"]))
    except (CheckFailed, UnicodeDecodeError, TypeError, ValueError) as error:
        return DetectRun(buildpack_id, -1, f"{output}its plan cannot be read: {error}\n")
    return DetectRun(buildpack_id, code, output, alternatives)


def _read_alternative(table: Mapping[str, Any]) -> Alternative:
    if any(one["version"] for one in table["requires"]):
        raise ValueError("a version directly in a requirement")
    requires = [
        PlanRequirement(one["name"], one["metadata"] if isinstance(one["metadata"], dict) else {})
        for one in table["requires"]  # metadata that are no table are passed over
    ]
    return Alternative(tuple(one["name"] for one in table["provides"]), tuple(requires))
