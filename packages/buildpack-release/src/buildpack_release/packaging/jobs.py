"""What a run of packaging has to make: one job for each buildpack, in the order of the work."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from buildpack_release.dist.embedded import Embedded
from buildpack_release.embedded.carriers import carriers
from buildpack_release.embedded.embedded_files import EmbeddedFiles
from buildpack_release.errors import UsageError
from buildpack_release.model.inputs import PackageInputs, collect
from buildpack_release.model.selection import components, package_targets, select
from buildpack_release.packaging.homepages import with_homepages
from buildpack_release.packaging.recipe import recipe
from buildpack_release.versions.policy import Policy
from oci_registry.compression import COMPRESSOR

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from buildpack_release.bytecode.toolchain import Toolchain
    from buildpack_release.model.repository import Buildpack, Repository
    from buildpack_release.model.targets import DeclaredTarget


@dataclass(frozen=True)
class PackageJob:
    """A buildpack to package.

    Attributes:
        buildpack: the buildpack.
        inputs: what it is made of.
        targets: what it is packaged for.
        requested: whether somebody asked for it; else it is a component of what was asked for.
        components: the ids of the buildpacks that a composite contains.
        source: where the repository is on the web, or "".
        embedded: what the buildpack itself carries, by digests.
        contained: what the package holds of that, a composite's components included.
        files: the files of what is embedded; none if nothing is to be made.
    """

    buildpack: Buildpack
    inputs: PackageInputs
    targets: tuple[DeclaredTarget, ...]
    requested: bool
    components: tuple[str, ...] = ()
    source: str = ""
    embedded: Embedded = field(default_factory=Embedded)
    contained: Embedded = field(default_factory=Embedded)
    files: EmbeddedFiles = field(default_factory=EmbeddedFiles)

    @property
    def variant(self) -> str:
        """What the package is called; "" for the ordinary one."""
        return self.contained.variant

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
    def layer_targets(self) -> tuple[DeclaredTarget, ...]:
        """The targets that the own layer is good for: all declared ones, or with embedded files fewer."""
        return self.targets if self.embedded.variant else self.buildpack.descriptor.targets

    def bytecode(self, toolchain: Toolchain) -> dict[str, str]:
        """Return the versions of the Pythons that compile for this package: for a composite none.

        An interpreter in it compiles for itself, where nothing else is there for its minor version.
        """
        if not self.inputs.package:
            return {}
        return {**self.files.minors, **toolchain.versions}

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
        """Return what the package depends on besides its inputs."""
        homepage = self.buildpack.descriptor.homepage
        return [self.variant, self.source, homepage, *map(str, self.targets), *self.embedded.facts()]


def plan_jobs(
    repository: Repository,
    ids: Sequence[str],
    *,
    targets: Sequence[DeclaredTarget] = (),
    embedded: Embedded | None = None,
    files: EmbeddedFiles | None = None,
) -> tuple[PackageJob, ...]:
    """Return the jobs for these buildpacks (all, if none is given) and what they contain, components first.

    Args:
        repository: where the buildpacks are.
        ids: the buildpacks asked for.
        targets: what to package for, instead of everything that is declared.
        embedded: what the packages carry; by default that of the files.
        files: the files of it, if packages are to be made.

    Raises:
        UsageError: an id or a target that there is not, or something to embed in a repository where no
            buildpack carries it.
        CheckFailed: a part of a buildpack is missing or contradicts another.
    """
    files = files or EmbeddedFiles()
    embedded = embedded or files.facts
    repository = with_homepages(repository)
    if embedded.variant:
        return _variant_jobs(repository, ids, embedded, files)
    source = _source(repository)
    return tuple(
        PackageJob(
            one,
            collect(repository, one),
            package_targets(repository, one, targets),
            requested=not ids or one.id in ids,
            components=_component_ids(repository, one),
            source=source,
        )
        for one in select(repository, ids)
    )


def _variant_jobs(
    repository: Repository, ids: Sequence[str], embedded: Embedded, files: EmbeddedFiles
) -> tuple[PackageJob, ...]:
    """Plan those who carry something and the composites with them; other components stay ordinary."""
    source = _source(repository)
    carried = carriers(repository, embedded)
    own_files = carriers(repository, files)
    contained = {one.id: _contained(repository, one, carried) for one in repository.buildpacks}
    holders = [name for name, held in contained.items() if held.variant]
    for asked in ids:
        if repository.get(asked).id not in holders:
            what = "an interpreter" if embedded.interpreters else "archives"
            raise UsageError(f"{asked} has no place for {what}", detail=f"{', '.join(carried)} carries it.")
    return tuple(
        PackageJob(
            one,
            collect(repository, one),
            package_targets(repository, one, embedded.targets if one.id in holders else ()),
            requested=one.id in holders and (not ids or one.id in ids),
            components=_component_ids(repository, one),
            source=source,
            embedded=carried.get(one.id, Embedded()),
            contained=contained[one.id],
            files=own_files.get(one.id, EmbeddedFiles()),
        )
        for one in select(repository, ids or sorted(holders))
    )


def _contained(repository: Repository, buildpack: Buildpack, carried: Mapping[str, Embedded]) -> Embedded:
    inside = (buildpack.id, *_component_ids(repository, buildpack))
    return Embedded.union(carried[one] for one in inside if one in carried)


def _source(repository: Repository) -> str:
    forge = Policy.read(repository.root).forge
    return forge.url if forge else ""


def _component_ids(repository: Repository, buildpack: Buildpack) -> tuple[str, ...]:
    if not buildpack.descriptor.is_composite:
        return ()
    return tuple(one.id for one in components(repository, buildpack))
