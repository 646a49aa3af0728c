"""What was chosen to be installed: which files of which versions, and how two such choices differ."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

UNPROVABLE = "unprovable"
"""Origin of what comes from a directory or a version control system: it has no hash."""


_PUBLISHED, _BUILT = "published", "built"


@dataclass(frozen=True)
class ResolvedDistribution:
    """One distribution.

    ``name`` is normalised; ``origin`` is ``sha256:...`` of the artefact, or what else is known about it,
    never an address. ``extras`` are those that were asked for; what they led to are packages of their own.
    ``published``: it is a wheel of an index, as that has it; ``built``: it was built here, of a source
    distribution, now or for an earlier installation.
    """

    name: str
    version: str
    origin: str
    extras: tuple[str, ...] = field(default=(), compare=False)
    published: bool = field(default=False, compare=False)
    built: bool = field(default=False, compare=False)

    def __str__(self) -> str:
        extras = f"[{','.join(self.extras)}]" if self.extras else ""
        kind = f" {_PUBLISHED}" if self.published else f" {_BUILT}" if self.built else ""
        return f"{self.name}{extras}=={self.version} {self.origin}{kind}"


@dataclass(frozen=True)
class InstallationResolution:
    """All distributions of an installation, sorted by name."""

    packages: tuple[ResolvedDistribution, ...] = ()

    @property
    def record(self) -> tuple[str, ...]:
        """The form that is kept in a layer key."""
        return tuple(str(package) for package in self.packages)

    @property
    def unprovable(self) -> tuple[str, ...]:
        """Names of the packages without a hash that a later resolution could be compared with."""
        return tuple(package.name for package in self.packages if package.origin == UNPROVABLE)

    @property
    def built(self) -> tuple[str, ...]:
        """Names of the packages that were built from source."""
        return tuple(package.name for package in self.packages if package.built)

    def without(self, names: Collection[str]) -> InstallationResolution:
        """Return the same without some distributions."""
        return InstallationResolution(tuple(one for one in self.packages if one.name not in names))

    def changes_to(self, newer: InstallationResolution) -> tuple[str, ...]:
        """Return one sentence for each difference; none if both would give the same environment."""
        old = {package.name: package for package in self.packages}
        new = {package.name: package for package in newer.packages}
        return tuple(
            _change(old.get(name), new.get(name))
            for name in sorted({*old, *new})
            if old.get(name) != new.get(name)
        )


def read_record(record: tuple[str, ...]) -> InstallationResolution:
    """Read what `InstallationResolution.record` wrote; whatever it did not write is left out."""
    packages = []
    for text in record:
        pin, _, rest = text.partition(" ")
        origin, _, kind = rest.partition(" ")
        named, separator, version = pin.partition("==")
        name, _, extras = named.removesuffix("]").partition("[")
        if separator:
            asked = tuple(filter(None, extras.split(",")))
            packages.append(
                ResolvedDistribution(name, version, origin, asked, kind == _PUBLISHED, kind == _BUILT)
            )
    return InstallationResolution(tuple(packages))


def _change(old: ResolvedDistribution | None, new: ResolvedDistribution | None) -> str:
    if old is None:
        return f"{new.name} {new.version} comes in" if new else ""
    if new is None:
        return f"{old.name} {old.version} is no longer needed"
    if old.version != new.version:
        return f"{old.name} {old.version} -> {new.version}"
    return f"{old.name} {old.version}: another file of the same version"
