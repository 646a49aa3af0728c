"""Proving a builder's order with the build plans that are known; what is unknown is said to be unknown."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_release.builder.base_python import has_python
from buildpack_release.builder.builder_toml import read_config
from buildpack_release.builder.composition import error, orders
from buildpack_release.builder.create import gather
from buildpack_release.builder.declarations import read_declarations, side_file
from buildpack_release.builder.plans import LayerDetection, detection_in_layer
from buildpack_release.checking.check_plans import check_plans
from buildpack_release.checking.repository_check import Report
from buildpack_release.model.buildpack_descriptor import BuildpackDescriptor, OrderEntry
from buildpack_release.model.finding import Finding, Severity
from buildpack_release.model.order import flat_groups
from buildpack_release.model.repository import Buildpack, Repository
from buildpack_release.model.toml_source import TomlSource
from buildpack_release.progress import say

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from buildpack_release.builder.composition import Composition
    from buildpack_release.builder.create import Parts
    from buildpack_release.model.build_plan import DeclaredPlan
    from buildpack_release.model.order import Group, Order

_PYTHON = "python"
"""The name in build plans of what puts a Python on PATH."""
_Plans = dict[str, "tuple[DeclaredPlan, ...]"]


def check_builder(
    config: Path,
    *,
    root: Path,
    insecure: Collection[str] = (),
    report: Callable[[str], None] = say,
) -> Report:
    """Check a builder.toml and all its parts, and prove its order; nothing is written.

    Args:
        config: a builder.toml.
        root: the repository, whose dist/ has the siblings.
        insecure: registries (`host[:port]`) that may lack TLS.
        report: takes lines of progress.

    Raises:
        ReleaseError: a part cannot be read at all.
    """
    _, findings = read_config(config)
    if any(finding.is_error for finding in findings):
        return Report(config.absolute().parent, findings, ())
    declared = read_declarations(config, root)
    with gather(config, dist=root / "dist", insecure=insecure, report=report) as parts:
        if any(finding.is_error for finding in parts.findings):
            return Report(config.absolute().parent, parts.findings, ())
        return _prove(parts, declared, config, report)


def _prove(
    parts: Parts,
    declared: Mapping[str, Sequence[DeclaredPlan]],
    config: Path,
    report: Callable[[str], None],
) -> Report:
    composition = parts.composition
    keys = _Keys.of(composition)
    detections = _detections(parts, keys)
    plans = _known_plans(parts, declared, keys, detections)
    builder = keys.buildpack(config.name, composition.config.source, _whole_order(composition))
    composites = [
        keys.buildpack(name, _no_source(name), order) for name, order in orders(composition.modules).items()
    ]
    repository = Repository(config.absolute().parent, (builder, *composites))
    proofs, found = check_plans(repository, plans, {}, partial=True)
    own = tuple(proof for proof in proofs if proof.composite == config.name)
    # What is wrong with a composite shows in the builder's groups, if it is in one.
    relevant = [one for one in found if any(proof.title in one.message for proof in own)]
    unknown = _unknown(composition, plans, keys, side_file(config))
    needing = {one for one, found in detections.items() if found.needs_python}
    pythonless = _without_python(parts, plans, keys, needing, report=report)
    findings = (*parts.findings, *relevant, *unknown, *pythonless)
    return Report(config.absolute().parent, tuple(dict.fromkeys(findings)), own)


@dataclass(frozen=True)
class _Keys:
    """The names of buildpacks in the proof: their ids, with versions where one is there with several."""

    names: Mapping[tuple[str, str], str]

    @classmethod
    def of(cls, composition: Composition) -> _Keys:
        ids = [module.id for module in composition.modules]
        return cls(
            {
                (one.id, one.version): one.id if ids.count(one.id) == 1 else str(one)
                for one in composition.modules
            }
        )

    def order(self, order: Order) -> Order:
        return tuple(tuple(self._entry(entry) for entry in group) for group in order)

    def _entry(self, entry: OrderEntry) -> OrderEntry:
        return replace(entry, id=self.names[entry.id, entry.version])

    def buildpack(self, name: str, source: TomlSource, order: Order) -> Buildpack:
        """Return a composite for the proof."""
        id_, _, version = name.rpartition("@") if "@" in name else (name, "", "")
        descriptor = BuildpackDescriptor(
            source=source,
            api="",
            id=self.names.get((id_, version), name),
            name="",
            version=version,
            homepage="",
            description="",
            keywords=(),
            licenses=(),
            clear_env=False,
            sbom_formats=(),
            exec_env=(),
            targets=(),
            order=self.order(order),
            metadata={},
        )
        return Buildpack(source.path.parent, descriptor)


def _whole_order(composition: Composition) -> Order:
    """Return the order with the system buildpacks around each group, as the lifecycle adds them."""
    return tuple((*composition.system_pre, *group, *composition.system_post) for group in composition.order)


def _no_source(name: str) -> TomlSource:
    return TomlSource(Path(name), "", {"order": []})


def _detections(parts: Parts, keys: _Keys) -> dict[str, LayerDetection]:
    """Return what is known of the components from their layers."""
    found = {
        keys.names[module.id, module.version]: detection_in_layer(module, parts.scratch)
        for module in parts.composition.modules
        if not module.order
    }
    return {name: detection for name, detection in found.items() if detection is not None}


def _known_plans(
    parts: Parts,
    declared: Mapping[str, Sequence[DeclaredPlan]],
    keys: _Keys,
    detections: Mapping[str, LayerDetection],
) -> _Plans:
    """Return the plans of the components; what a layer has counts more than what was declared."""
    known: _Plans = {}
    for module in parts.composition.modules:
        name = keys.names[module.id, module.version]
        if name in detections:
            known[name] = detections[name].plans
        elif not module.order and module.id in declared:
            known[name] = tuple(declared[module.id])
    return known


def _without_python(
    parts: Parts, plans: _Plans, keys: _Keys, needing: Collection[str], *, report: Callable[[str], None]
) -> Iterator[Finding]:
    """Find buildpacks with no Python to run with: none before them brings one, nor does the base."""
    composition = parts.composition
    first = dict.fromkeys(
        name for _, flat in _flat_groups(composition, keys) if (name := _first_needing(flat, plans, needing))
    )
    if not first:
        return
    report(f"Looking for a Python in {composition.base.image.name}")
    if has_python(composition.base, parts.scratch):
        return
    config = composition.config
    for name in first:
        yield error(
            config,
            "no-python",
            f"{name} needs Python 3.10 or newer to run, and {composition.base.image.name} has none on PATH",
            "build",
            "image",
            advice="take its self-contained package (inv package --interpreter), or a base with python3",
        )


def _first_needing(group: Group, plans: _Plans, needing: Collection[str]) -> str:
    """Return the first buildpack of a group that needs a Python from outside; "" once one is provided."""
    for entry in group:
        if entry.id in needing:
            return entry.id
        provided = {
            one for plan in plans.get(entry.id, ()) for way in plan.plan.alternatives for one in way.provides
        }
        if _PYTHON in provided:
            return ""
    return ""


def _flat_groups(composition: Composition, keys: _Keys) -> Iterator[tuple[int, Group]]:
    """Yield each group with its number, and what composites in it stand for."""
    nested = {
        keys.names[_split(name)]: keys.order(order) for name, order in orders(composition.modules).items()
    }
    for number, group in enumerate(keys.order(_whole_order(composition))):
        for flat in flat_groups((group,), nested):
            yield number, flat


def _unknown(
    composition: Composition, plans: Collection[str], keys: _Keys, declarations: Path
) -> Iterator[Finding]:
    """Find groups that cannot be proved, and say whose plans that takes."""
    source = composition.config.source
    missing: dict[int, dict[str, None]] = {}
    for number, flat in _flat_groups(composition, keys):
        missing.setdefault(number, {}).update(dict.fromkeys(one.id for one in flat if one.id not in plans))
    for number, names in missing.items():
        if names:
            message = f"group {number + 1} is not proved: the plans of {', '.join(names)} are not known"
            yield Finding(
                Severity.WARNING,
                "unknown-plan",
                message,
                source.path,
                source.line("order", number),
                f'declare [foreign."{next(iter(names))}"] in {declarations.name}',
            )


def _split(name: str) -> tuple[str, str]:
    id_, _, version = name.rpartition("@")
    return id_, version
