"""Checks of build plans across buildpacks: makes the plan proof for every order, and says what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildpack_release.checking.proof import (
    MOST_CASES,
    Case,
    GroupMember,
    GroupProof,
    PlanChoice,
    cases,
    count_cases,
)
from buildpack_release.model.finding import Finding, Severity
from buildpack_release.model.graph import find_cycles
from buildpack_release.model.order import dependency_graph, flat_groups
from buildpack_release.model.table import suggestion

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from buildpack_release.checking.plan_resolution import DetectionFault, GroupTrial
    from buildpack_release.model.build_plan import DeclaredPlan
    from buildpack_release.model.buildpack_descriptor import BuildpackDescriptor
    from buildpack_release.model.foreign import Foreign
    from buildpack_release.model.order import Group
    from buildpack_release.model.repository import Repository
    from buildpack_release.model.toml_lines import Key

_EVERY, _PRODUCTION = "*", "production"


def check_plans(
    repository: Repository,
    plans: Mapping[str, Sequence[DeclaredPlan]],
    foreign: Mapping[str, Foreign],
    *,
    partial: bool = False,
) -> tuple[tuple[GroupProof, ...], tuple[Finding, ...]]:
    """Prove the order of each composite. Groups whose members or plans are not all known are left out.

    What makes them unknown (cycles, missing buildpacks, unreadable plans) is found by other checks.

    Args:
        repository: the composites, with all that they contain.
        plans: of its components, by id.
        foreign: what is declared of others.
        partial: a group need not serve all apps that its members could: a member may have a plan with
            requirements that no member provides, if it has another one that fits.
    """
    if find_cycles(dependency_graph(repository.buildpacks)):
        return (), ()
    orders = {one.id: one.descriptor.order for one in repository.buildpacks if one.descriptor.is_composite}
    selections = {one.id: one.descriptor.exec_env for one in repository.buildpacks}
    proofs: list[GroupProof] = []
    findings: list[Finding] = []
    for buildpack in repository.buildpacks:
        for number, top in enumerate(buildpack.descriptor.order):
            for group in dict.fromkeys(flat_groups((top,), orders)):
                for environment, selected in _in_environments(group, selections):
                    members = _members(selected, plans, foreign)
                    if members is None:
                        continue
                    proof, found = _prove(buildpack.descriptor, number, members, environment, partial=partial)
                    proofs.append(proof)
                    findings += found
    return tuple(proofs), tuple(findings)


def _in_environments(group: Group, selections: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, Group]]:
    """Return the group as each execution environment has it; under "" where no member selects any.

    A buildpack of another environment is left out, even a required one ("Build Phase", API 0.12).
    """
    named = {name for entry in group for name in selections.get(entry.id, ()) if name != _EVERY}
    for environment in sorted({_PRODUCTION, *named}) if named else [""]:
        selected = tuple(
            entry
            for entry in group
            if not (wanted := selections.get(entry.id, ())) or {environment, _EVERY} & {*wanted}
        )
        if selected:
            yield environment, selected


def _members(
    group: Group, plans: Mapping[str, Sequence[DeclaredPlan]], foreign: Mapping[str, Foreign]
) -> tuple[GroupMember, ...] | None:
    members = []
    for entry in group:
        if entry.id in plans:
            declared = plans[entry.id]
            choices = tuple(PlanChoice(plan.name, plan.plan, plan.source) for plan in declared)
            may_fail = not any(plan.is_unconditional for plan in declared)
            members.append(GroupMember(entry, choices, may_fail))
        elif entry.id in foreign:
            members.append(
                GroupMember(entry, (PlanChoice("declaration", foreign[entry.id].plan),), may_fail=False)
            )
        else:
            return None
    return tuple(members)


def _prove(
    composite: BuildpackDescriptor,
    number: int,
    members: tuple[GroupMember, ...],
    environment: str,
    *,
    partial: bool,
) -> tuple[GroupProof, tuple[Finding, ...]]:
    source = composite.source
    line = source.line("order", number)
    counted = count_cases(members)
    all_cases = tuple(cases(members)) if counted <= MOST_CASES else ()
    proof = GroupProof(composite.id, number + 1, source.path, line, all_cases, environment)
    if counted > MOST_CASES:
        message = (
            f"the plans of {proof.title} cannot be proved: {counted} combinations (at most {MOST_CASES})"
        )
        return proof, (Finding(Severity.ERROR, "plan-size", message, source.path, line),)
    findings = [
        finding
        for case in all_cases
        if case.is_broken
        for finding in (partial and _left_out(proof, case, members)) or _unmet(proof, case, members)
    ]
    if not any(case.resolution for case in all_cases) and not findings:
        findings += _never_fits(proof)
    findings += _never_used(proof, members)
    return proof, tuple(_first_of_each(findings))


def _unmet(proof: GroupProof, case: Case, members: Sequence[GroupMember]) -> Iterator[Finding]:
    """Explain a broken case by its nearest misses: the trials with the fewest faults."""
    fewest = min(len(trial.faults) for trial in case.trials)
    for trial in case.trials:
        for fault in trial.faults if len(trial.faults) == fewest else ():
            if fault.is_requirement:
                file, line = _place(proof, case, trial, fault)
                message = (
                    f"{fault.id} requires {fault.name}, which nothing before it provides, in {proof.title}"
                )
                advice = "; ".join(part for part in (f"when {case}", _remedy(fault, trial, members)) if part)
                yield Finding(Severity.ERROR, "plan-unmet", message, file, line, advice)


def _left_out(proof: GroupProof, case: Case, members: Sequence[GroupMember]) -> list[Finding]:
    """Return notes about a broken case that is none of this group's business, or nothing if it is.

    Nobody in the group ever provides what is missing, and whoever requires it has another plan that fits.
    For such an app detection of the group fails, and nothing is built.
    """
    provided = {
        name
        for member in members
        for choice in member.choices
        for one in choice.plan.alternatives
        for name in one.provides
    }
    served = {one.id for other in proof.cases if other.resolution for one in other.resolution.selected}
    fewest = min(len(trial.faults) for trial in case.trials)
    trial = next(one for one in case.trials if len(one.faults) == fewest)
    faults = [fault for fault in trial.faults if fault.is_requirement]
    if any(fault.name in provided or fault.id not in served for fault in faults):
        return []
    notes = []
    for fault in faults:
        file, line = _place(proof, case, trial, fault)
        choice = case.outcomes[fault.id]
        message = (
            f"{proof.title}, is not for apps that {fault.id} detects by {choice.name if choice else 'none'}: "
            f"it requires {fault.name}, which nothing in the group provides"
        )
        advice = f"if they are to be built, add a buildpack that provides {fault.name}"
        notes.append(Finding(Severity.NOTE, "plan-left-out", message, file, line, advice))
    return notes


def _remedy(fault: DetectionFault, trial: GroupTrial, members: Sequence[GroupMember]) -> str:
    position = [one.id for one in trial.selected].index(fault.id)
    for one in trial.selected[position + 1 :]:
        if fault.name in one.alternative.provides:
            return f"{one.id} provides it, but comes later in the order"
    plans = [choice.plan for member in members for choice in member.choices]
    provided = {name for plan in plans for one in plan.alternatives for name in one.provides}
    return suggestion(fault.name, provided - {fault.name})


def _never_fits(proof: GroupProof) -> Iterator[Finding]:
    message = f"the plans of {proof.title} never fit: detection always fails"
    yield Finding(Severity.ERROR, "plan-never-fits", message, proof.file, proof.line)
    for case in proof.cases:
        trial = case.trials[-1]
        for fault in trial.faults:
            file, line = _place(proof, case, trial, fault)
            text = f"{fault.id} provides {fault.name}, which nothing after it requires, in {proof.title}"
            yield Finding(Severity.ERROR, "plan-unused", text, file, line)


def _never_used(proof: GroupProof, members: Sequence[GroupMember]) -> Iterator[Finding]:
    """Find optional members that every fitting case drops."""
    fitting = [case.resolution for case in proof.cases if case.resolution]
    taking_part = {one.id for resolution in fitting for one in resolution.selected}
    for member in members:
        if fitting and member.entry.id not in taking_part:
            message = f"{member.entry.id} is always dropped from {proof.title}: its plans fit in no case"
            yield Finding(Severity.WARNING, "plan-dropped", message, proof.file, proof.line)


def _place(
    proof: GroupProof, case: Case, trial: GroupTrial, fault: DetectionFault
) -> tuple[Path, int | None]:
    """Return the entry of the plan that a fault is about; the group for a buildpack of another repository."""
    choice = case.outcomes[fault.id]
    if choice is None or choice.source is None:
        return proof.file, proof.line
    selected = next(one for one in trial.selected if one.id == fault.id)
    names = list(selected.alternative.provides)
    if fault.is_requirement:
        names = [requirement.name for requirement in selected.alternative.requires]
    prefix: tuple[Key, ...] = ("or", selected.number - 1) if selected.number else ()
    kind = "requires" if fault.is_requirement else "provides"
    return choice.source.path, choice.source.line(*prefix, kind, names.index(fault.name), "name")


def _first_of_each(findings: Sequence[Finding]) -> Iterator[Finding]:
    """Leave out findings that differ only in the case they were seen in."""
    seen = set()
    for finding in findings:
        key = (finding.code, finding.file, finding.line, finding.message)
        if key not in seen:
            seen.add(key)
            yield finding
