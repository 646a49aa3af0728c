"""What a run of packaging has to make: one job for each buildpack, in the order of the work."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from buildpack_release.dist.cargo import Cargo
from buildpack_release.errors import UsageError
from buildpack_release.model.inputs import Inputs, collect
from buildpack_release.model.settings import PackageSettings
from buildpack_release.oci.compression import COMPRESSOR
from buildpack_release.packaging.recipe import recipe
from buildpack_release.packaging.selection import components, package_targets, select
from buildpack_release.packaging.supplies import Supplies
from buildpack_release.versions.policy import Policy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from buildpack_release.model.repository import Buildpack, Repository
    from buildpack_release.model.targets import Target
    from buildpack_release.packaging.toolchain import Toolchain


@dataclass(frozen=True)
class Job:
    """A buildpack to package.

    Attributes:
        buildpack: the buildpack.
        inputs: what it is made of.
        targets: what it is packaged for.
        requested: whether somebody asked for it; else it is a component of what was asked for.
        components: the ids of the buildpacks that a composite contains.
        source: where the repository is on the web, or "".
        cargo: what the buildpack itself carries.
        load: what the package holds of that, a composite's components included.
        supplies: the files for the cargo; none if nothing is to be made.
    """

    buildpack: Buildpack
    inputs: Inputs
    targets: tuple[Target, ...]
    requested: bool
    components: tuple[str, ...] = ()
    source: str = ""
    cargo: Cargo = field(default_factory=Cargo)
    load: Cargo = field(default_factory=Cargo)
    supplies: Supplies = field(default_factory=Supplies)

    @property
    def variant(self) -> str:
        """What the package is called; "" for the ordinary one."""
        return self.load.variant

    @property
    def key(self) -> tuple[str, str]:
        """The identity of the package in dist/."""
        return self.buildpack.id, self.variant

    @property
    def stem(self) -> str:
        """What the names of all files of the package start with."""
        descriptor = self.buildpack.descriptor
        return "-".join(filter(None, (descriptor.escaped_id, descriptor.version, self.variant)))

    @property
    def layer_targets(self) -> tuple[Target, ...]:
        """The targets that the own layer is good for: all declared ones, or with a cargo fewer."""
        return self.targets if self.cargo.variant else self.buildpack.descriptor.targets

    def bytecode(self, toolchain: Toolchain) -> dict[str, str]:
        """Give the versions of the Pythons that compile for this package: for a composite none.

        An interpreter in it compiles for itself, where nothing else is there for its minor version.
        """
        if not self.inputs.package:
            return {}
        own = set(self.supplies.versions.values()) if self.cargo.interpreters else set()
        carried = {version.rpartition(".")[0]: version for version in own} if len(own) == 1 else {}
        return {**carried, **toolchain.versions}

    def inputs_digest(
        self, bytecode: Mapping[str, str], parts: Iterable[str], *, compressor: str = COMPRESSOR
    ) -> str:
        """Return the digest of everything that decides what the package of this job is.

        Args:
            bytecode: the versions of the Pythons that compile for it, by minor version.
            parts: the digests of the packages of its components, in the order of `components`.
            compressor: what compresses its layers.
        """
        versions = (bytecode[minor] for minor in sorted(bytecode))
        return self.inputs.digest(recipe(), compressor, *versions, *self.facts(), *parts)

    def facts(self) -> list[str]:
        """Give what the package depends on besides its inputs."""
        return [self.variant, self.source, *map(str, self.targets), *self.cargo.facts()]


def plan_jobs(
    repository: Repository,
    ids: Sequence[str],
    *,
    targets: Sequence[Target] = (),
    cargo: Cargo | None = None,
    supplies: Supplies | None = None,
) -> tuple[Job, ...]:
    """Return the jobs for these buildpacks (all, if none is given) and what they contain, components first.

    Args:
        repository: where the buildpacks are.
        ids: the buildpacks asked for.
        targets: what to package for, instead of everything that is declared.
        cargo: what the packages carry; by default that of the supplies.
        supplies: the files for it, if packages are to be made.

    Raises:
        UsageError: an id or a target that there is not, or a cargo in a repository where no buildpack
            carries it.
        CheckFailed: a part of a buildpack is missing or contradicts another.
    """
    supplies = supplies or Supplies()
    cargo = cargo or supplies.cargo()
    source = _source(repository)
    if cargo.variant:
        return _loaded_jobs(repository, ids, cargo, supplies, source)
    return tuple(
        Job(
            one,
            collect(repository, one),
            package_targets(repository, one, targets),
            requested=not ids or one.id in ids,
            components=_component_ids(repository, one),
            source=source,
        )
        for one in select(repository, ids)
    )


def _loaded_jobs(
    repository: Repository, ids: Sequence[str], cargo: Cargo, supplies: Supplies, source: str
) -> tuple[Job, ...]:
    """Plan those who carry something and the composites with them; other components stay ordinary."""
    carried = _carriers(repository, cargo)
    loads = {one.id: _load(repository, one, carried) for one in repository.buildpacks}
    holders = [name for name, load in loads.items() if load.variant]
    for asked in ids:
        if repository.get(asked).id not in holders:
            what = "an interpreter" if cargo.interpreters else "archives"
            raise UsageError(f"{asked} has no place for {what}", detail=f"{', '.join(carried)} carries it.")
    return tuple(
        Job(
            one,
            collect(repository, one),
            package_targets(repository, one, cargo.targets if one.id in holders else ()),
            requested=one.id in holders and (not ids or one.id in ids),
            components=_component_ids(repository, one),
            source=source,
            cargo=carried.get(one.id, Cargo()),
            load=loads[one.id],
            supplies=supplies if one.id in carried else Supplies(),
        )
        for one in select(repository, ids or sorted(holders))
    )


def _carriers(repository: Repository, cargo: Cargo) -> dict[str, Cargo]:
    """Say which buildpack carries what: the settings of the repository."""
    settings = PackageSettings.read(repository.root)
    wanted = {
        "interpreter": (settings.interpreter, bool(cargo.interpreters)),
        "runtimes": (settings.runtimes, bool(cargo.runtimes)),
    }
    for key, (carrier, is_wanted) in wanted.items():
        if is_wanted and not carrier:
            what = "an interpreter" if key == "interpreter" else "archives of runtimes"
            raise UsageError(
                f"no buildpack of this repository carries {what}",
                advice=f'Name one in pyproject.toml: [tool.buildpack-release] {key} = "<id>"',
            )
    ids = {carrier for carrier, is_wanted in wanted.values() if is_wanted}
    return {
        one: cargo.only(interpreter=one == settings.interpreter, runtimes=one == settings.runtimes)
        for one in sorted(ids)
    }


def _load(repository: Repository, buildpack: Buildpack, carried: Mapping[str, Cargo]) -> Cargo:
    inside = (buildpack.id, *_component_ids(repository, buildpack))
    return Cargo.union(carried[one] for one in inside if one in carried)


def _source(repository: Repository) -> str:
    forge = Policy.read(repository.root).forge
    return forge.url if forge else ""


def _component_ids(repository: Repository, buildpack: Buildpack) -> tuple[str, ...]:
    if not buildpack.descriptor.is_composite:
        return ()
    return tuple(one.id for one in components(repository, buildpack))
