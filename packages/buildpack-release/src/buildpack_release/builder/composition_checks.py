"""Checks of a composed builder before anything is written: what would it be refused for, or fail at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildpack_release.builder.composition import error, orders
from buildpack_release.model.finding import Finding, Severity
from buildpack_release.model.graph import find_cycles

if TYPE_CHECKING:
    from collections.abc import Iterator

    from buildpack_release.builder.composition import Composition
    from buildpack_release.builder.module import Module
    from buildpack_release.model.targets import DeclaredTarget

MOST_LAYERS = 127
"""How many layers container engines take."""
OWN_LAYERS = 6
"""How many layers a builder can have besides the base's and the buildpacks': the programs, the files."""


def check_composition(composition: Composition) -> Iterator[Finding]:
    """Find what would make the builder refused, or builds with it fail."""
    yield from _check_base(composition)
    yield from _check_composites(composition)
    for module in composition.modules:
        yield from _check_api(composition, module)
        yield from _check_target(composition, module)
    yield from _check_unused(composition)
    count = len(composition.base.image.layers) + len(composition.layers) + OWN_LAYERS
    if count > MOST_LAYERS:
        message = f"the builder would have {count} layers, and container engines take {MOST_LAYERS}"
        yield error(composition.config, "layers", message, "buildpacks")


def _check_base(composition: Composition) -> Iterator[Finding]:
    config, base, lifecycle = composition.config, composition.base, composition.lifecycle
    for target in config.targets:
        if not _covers(target, base.target):
            message = f"the base is for {base.target}, not for {target}"
            yield error(config, "target", message, "targets", 0)
    if lifecycle.architecture and lifecycle.architecture != base.target.arch:
        message = f"this lifecycle is for {lifecycle.architecture}, the base for {base.target.arch}"
        yield error(config, "lifecycle", message, "lifecycle", "uri")
    if config.stack_id and config.stack_id != base.stack_id:
        message = f'the base has the stack "{base.stack_id}", not "{config.stack_id}"'
        yield error(config, "stack", message, "stack", "id", advice="leave [stack] out: it is deprecated")


def _check_composites(composition: Composition) -> Iterator[Finding]:
    """Find composites that name what is not in the builder, and those that contain each other."""
    present = [str(module) for module in composition.modules]
    graph: dict[str, tuple[str, ...]] = dict.fromkeys(present, ())
    for name, order in orders(composition.modules).items():
        named = dict.fromkeys(str(entry) for group in order for entry in group)
        for missing in (one for one in named if one not in present):
            message = f"{name} needs {missing}, which is not in this builder"
            yield error(composition.config, "missing-buildpack", message, "buildpacks")
        graph[name] = tuple(one for one in named if one in present)
    for cycle in find_cycles(graph):
        message = f"composites contain each other: {' -> '.join(cycle)}"
        yield error(composition.config, "cycle", message, "buildpacks")


def _check_api(composition: Composition, module: Module) -> Iterator[Finding]:
    known, source = composition.lifecycle.buildpack_apis, composition.config.source
    if module.api in known.deprecated:
        message = f"{module} is written for Buildpack API {module.api}, which this lifecycle deprecates"
        line = source.line("buildpacks")
        yield Finding(Severity.WARNING, "deprecated-api", message, source.path, line)
    elif module.api not in known.supported:
        yield error(
            composition.config,
            "api",
            f"{module} is written for Buildpack API {module.api}, "
            f"which lifecycle {composition.lifecycle.version} does not know",
            "lifecycle",
            advice=f"it knows {', '.join(known.supported)}: take another release of one of the two",
        )


def _check_target(composition: Composition, module: Module) -> Iterator[Finding]:
    base = composition.base
    if module.order:
        return
    if module.targets and not any(_supports(target, composition) for target in module.targets):
        distro = " ".join(part for part in base.distro if part)
        yield error(
            composition.config,
            "target",
            f"{module} is not for {base.target}{f' with {distro}' if distro else ''}",
            "buildpacks",
            advice=f"it is for {', '.join(_described(target) for target in module.targets)}",
        )
    elif not module.targets and module.stacks and not {"*", base.stack_id} & set(module.stacks):
        message = f'{module} is for the stacks {", ".join(module.stacks)}, not for "{base.stack_id}"'
        yield error(composition.config, "stack", message, "buildpacks")


def _check_unused(composition: Composition) -> Iterator[Finding]:
    """Find buildpacks that no order leads to; a build can still name them."""
    nested = orders(composition.modules)
    groups = (*composition.order, composition.system_pre, composition.system_post)
    waiting = [str(entry) for group in groups for entry in group]
    used: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in used:
            used.add(name)
            waiting += [str(entry) for group in nested.get(name, ()) for entry in group]
    source = composition.config.source
    for module in composition.modules:
        if str(module) not in used:
            message = f"no order leads to {module}: only builds that name it use it"
            yield Finding(Severity.NOTE, "unused", message, source.path, source.line("order"))


def _supports(target: DeclaredTarget, composition: Composition) -> bool:
    """Whether a buildpack's target is the base's. As for the lifecycle, what is not said fits."""
    if not _covers(target, composition.base.target):
        return False
    name, version = composition.base.distro
    if not target.distros or not (name or version):
        return True
    return any(_equal(distro.name, name) and _equal(distro.version, version) for distro in target.distros)


def _covers(one: DeclaredTarget, other: DeclaredTarget) -> bool:
    pairs = ((one.os, other.os), (one.arch, other.arch), (one.variant, other.variant))
    return all(_equal(mine, theirs) for mine, theirs in pairs)


def _equal(mine: str, theirs: str) -> bool:
    return not mine or not theirs or mine == theirs


def _described(target: DeclaredTarget) -> str:
    distros = ", ".join(f"{distro.name} {distro.version}".strip() for distro in target.distros)
    return f"{target} ({distros})" if distros else str(target)
