"""What a builder consists of once everything is found: versions resolved, duplicates merged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from buildpack_release.model.finding import Finding, Severity
from buildpack_release.model.table import suggestion

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from buildpack_release.builder.base import Base
    from buildpack_release.builder.builder_toml import BuilderConfig
    from buildpack_release.builder.lifecycle_release import Lifecycle
    from buildpack_release.builder.module import Module
    from buildpack_release.model.buildpack_descriptor import OrderEntry
    from buildpack_release.model.order import Group, Order
    from buildpack_release.model.toml_lines import Key
    from oci_registry.layer import ImageLayer


@dataclass(frozen=True)
class Composition:
    """A builder's parts. `modules` are sorted by id and version; every entry of an order has its version."""

    config: BuilderConfig
    base: Base
    lifecycle: Lifecycle
    modules: tuple[Module, ...]
    order: Order
    system_pre: Group
    system_post: Group

    @property
    def layers(self) -> tuple[ImageLayer, ...]:
        """The layers of the buildpacks, each once: buildpacks that were packaged "flat" share one."""
        return tuple({module.layer.diff_id: module.layer for module in self.modules}.values())


def compose(
    config: BuilderConfig, base: Base, lifecycle: Lifecycle, found: Sequence[Module]
) -> tuple[Composition, tuple[Finding, ...]]:
    """Put the parts together, and find which buildpacks of the orders are missing, ambiguous or twofold."""
    modules = {str(module): module for module in sorted(found, key=str)}
    resolver = _Resolver(config, tuple(modules.values()), [*_conflicts(config, found)])
    composition = Composition(
        config,
        base,
        lifecycle,
        tuple(modules.values()),
        tuple(resolver.group(group, "order", index, "group") for index, group in enumerate(config.order)),
        resolver.group(config.system_pre, "system", "pre", "buildpacks"),
        resolver.group(config.system_post, "system", "post", "buildpacks"),
    )
    return composition, tuple(resolver.findings)


@dataclass(frozen=True)
class _Resolver:
    config: BuilderConfig
    modules: tuple[Module, ...]
    findings: list[Finding]

    def group(self, group: Group, *keys: Key) -> Group:
        return tuple(self._entry(entry, (*keys, index)) for index, entry in enumerate(group))

    def _entry(self, entry: OrderEntry, keys: tuple[Key, ...]) -> OrderEntry:
        versions = [module.version for module in self.modules if module.id == entry.id]
        if not versions:
            ids = [module.id for module in self.modules]
            advice = suggestion(entry.id, ids) or "add the package that has it to [[buildpacks]]"
            self._error("missing-buildpack", f"no buildpack {entry.id} in this builder", *keys, advice=advice)
        elif not entry.version and len(versions) > 1:
            self._error(
                "ambiguous-version",
                f"{entry.id} is in this builder with several versions",
                *keys,
                advice=f'add version = "{versions[-1]}" or one of the others ({", ".join(versions[:-1])})',
            )
        elif entry.version and entry.version not in versions:
            message = f"no {entry} in this builder, which has {entry.id} {', '.join(versions)}"
            self._error("missing-version", message, *keys, "version")
        else:
            return replace(entry, version=entry.version or versions[0])
        return entry

    def _error(self, code: str, message: str, *keys: Key, advice: str = "") -> None:
        self.findings.append(error(self.config, code, message, *keys, advice=advice))


def error(config: BuilderConfig, code: str, message: str, *keys: Key, advice: str = "") -> Finding:
    """Make a finding about a place in the configuration."""
    source = config.source
    return Finding(Severity.ERROR, code, message, source.path, source.line(*keys), advice)


def _conflicts(config: BuilderConfig, found: Sequence[Module]) -> Iterator[Finding]:
    """Find buildpacks that come twice with other content, and ids that differ only in case."""
    first: dict[str, Module] = {}
    folded: dict[str, Module] = {}
    for module in found:
        other = first.setdefault(str(module), module)
        if other.layer.diff_id != module.layer.diff_id:
            yield error(
                config,
                "duplicate-buildpack",
                f"{module} is in two packages with different content: {other.package} and {module.package}",
                "buildpacks",
                advice="leave one out, or make both of the same release",
            )
        like = folded.setdefault(module.id.casefold(), module)
        if like.id != module.id:
            message = f"the ids {like.id} and {module.id} differ only in case"
            yield error(config, "duplicate-id", message, "buildpacks")


def orders(modules: Sequence[Module]) -> Mapping[str, Order]:
    """Return the orders of composites by `id@version`."""
    return {str(module): module.order for module in modules if module.order}
