"""Which buildpacks are packaged, in which order, and for which targets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildpack_release.errors import CheckFailed, UsageError
from buildpack_release.model.graph import dependencies_first, find_cycles
from buildpack_release.model.order import dependency_graph
from buildpack_release.model.targets import DeclaredTarget

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from buildpack_release.model.buildpack_descriptor import OrderEntry
    from buildpack_release.model.repository import Buildpack, Repository


def select(repository: Repository, ids: Sequence[str]) -> tuple[Buildpack, ...]:
    """Return the buildpacks with these ids (all, if none is given) and their components, components first.

    Raises:
        UsageError: there is no buildpack with one of the ids.
        CheckFailed: an order refers to what is not in the repository, or composites contain each other.
    """
    for buildpack_id in ids:
        repository.get(buildpack_id)
    _check_orders(repository)
    graph = dependency_graph(repository.buildpacks)
    if cycles := find_cycles(graph):
        raise CheckFailed(f"composites contain each other: {' -> '.join(cycles[0])}")
    return tuple(repository.get(one) for one in dependencies_first(graph, ids or None))


def components(repository: Repository, composite: Buildpack) -> tuple[Buildpack, ...]:
    """Return everything that a composite contains, inner composites too, but not itself."""
    selected = dependencies_first(dependency_graph(repository.buildpacks), [composite.id])
    return tuple(repository.get(one) for one in selected if one != composite.id)


def package_targets(
    repository: Repository, buildpack: Buildpack, requested: Sequence[DeclaredTarget]
) -> tuple[DeclaredTarget, ...]:
    """Return the targets to package for: the requested ones, else all that are declared.

    A composite is for what all its components are for. Distributions do not matter here.

    Raises:
        UsageError: a requested target is not declared, or none is requested and no declared one is definite.
        CheckFailed: the components of a composite have no target in common.
    """
    declared = _declared(repository, buildpack)
    for target in requested:
        if not _supports(declared, target):
            raise UsageError(
                f"{buildpack.id} is not for {target}",
                detail=f"It is for: {_listed(declared)}.",
                file=buildpack.descriptor.source.path,
            )
    chosen = requested or _common(declared)
    if not chosen and buildpack.descriptor.is_composite:
        raise CheckFailed(
            "the components of this composite have no target in common",
            detail=_listed(declared),
            file=buildpack.descriptor.source.path,
        )
    if not chosen:
        raise UsageError(
            f"{buildpack.id} does not say which processors it is for",
            advice="Choose with --target, for example --target linux/amd64.",
            file=buildpack.descriptor.source.path,
        )
    return tuple(dict.fromkeys(chosen))


def _declared(repository: Repository, buildpack: Buildpack) -> list[tuple[DeclaredTarget, ...]]:
    """Return the declared targets of each component that has to be satisfied."""
    parts = components(repository, buildpack) if buildpack.descriptor.is_composite else (buildpack,)
    return [part.descriptor.targets for part in parts if not part.descriptor.is_composite]


def _common(declared: Sequence[tuple[DeclaredTarget, ...]]) -> tuple[DeclaredTarget, ...]:
    definite = [
        DeclaredTarget(target.os, target.arch, target.variant)
        for targets in declared
        for target in targets
        if target.os and target.arch
    ]
    return tuple(dict.fromkeys(target for target in definite if _supports(declared, target)))


def _supports(declared: Iterable[tuple[DeclaredTarget, ...]], wanted: DeclaredTarget) -> bool:
    return all(any(_covers(target, wanted) for target in targets) for targets in declared)


def _covers(target: DeclaredTarget, wanted: DeclaredTarget) -> bool:
    pairs = ((target.os, wanted.os), (target.arch, wanted.arch), (target.variant, wanted.variant))
    return all(not mine or mine == theirs for mine, theirs in pairs)


def _listed(declared: Iterable[tuple[DeclaredTarget, ...]]) -> str:
    return "; ".join(", ".join(map(str, targets)) for targets in dict.fromkeys(declared))


def _check_orders(repository: Repository) -> None:
    versions = {one.id: one.descriptor.version for one in repository.buildpacks}
    for buildpack in repository.buildpacks:
        for number, group in enumerate(buildpack.descriptor.order):
            for place, entry in enumerate(group):
                if fault := _fault(entry, versions):
                    source = buildpack.descriptor.source
                    line = source.line("order", number, "group", place)
                    raise CheckFailed(fault, file=source.path, line=line)


def _fault(entry: OrderEntry, versions: dict[str, str]) -> str:
    if entry.id not in versions:
        return f"{entry.id} is not in this repository"
    if versions[entry.id] != entry.version:
        return f"the order wants {entry}, but this repository has {entry.id}@{versions[entry.id]}"
    return ""
