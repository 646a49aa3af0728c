"""What a run of packaging has to make: one job for each buildpack, in the order of the work."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from buildpack_release.errors import UsageError
from buildpack_release.model.settings import PackageSettings
from buildpack_release.oci.compression import COMPRESSOR
from buildpack_release.oci.content import file_sha256
from buildpack_release.packaging.inputs import Inputs, collect
from buildpack_release.packaging.recipe import recipe
from buildpack_release.packaging.selection import components, package_targets, select
from buildpack_release.versions.policy import Policy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from buildpack_release.model.repository import Buildpack, Repository
    from buildpack_release.model.targets import Target
    from buildpack_release.packaging.toolchain import Toolchain

SELF_CONTAINED = "self-contained"


@dataclass(frozen=True)
class Job:
    """A buildpack to package.

    Attributes:
        buildpack: the buildpack.
        inputs: what it is made of.
        targets: what it is packaged for.
        requested: whether somebody asked for it; else it is a component of what was asked for.
        variant: "" for the ordinary package.
        archives: for the buildpack that carries an interpreter: the archive for each target.
        components: the ids of the buildpacks that a composite contains.
        source: where the repository is on the web, or "".
    """

    buildpack: Buildpack
    inputs: Inputs
    targets: tuple[Target, ...]
    requested: bool
    variant: str = ""
    archives: Mapping[Target, Path] = field(default_factory=dict)
    components: tuple[str, ...] = ()
    source: str = ""

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
        """The targets that the own layer is good for: all declared ones, or with an interpreter fewer."""
        return self.targets if self.archives else self.buildpack.descriptor.targets

    def bytecode(self, toolchain: Toolchain) -> dict[str, str]:
        """Give the versions of the Pythons that compile for this package: for a composite none."""
        return toolchain.versions if self.inputs.package else {}

    def inputs_digest(self, bytecode: Mapping[str, str], parts: Iterable[str]) -> str:
        """Return the digest of everything that decides what the package of this job is.

        Args:
            bytecode: the versions of the Pythons that compile for it, by minor version.
            parts: the digests of the packages of its components, in the order of `components`.
        """
        versions = (bytecode[minor] for minor in sorted(bytecode))
        return self.inputs.digest(recipe(), COMPRESSOR, *versions, *self.facts(), *parts)

    def facts(self) -> list[str]:
        """Give what the package depends on besides its inputs."""
        archives = [f"{target} {file_sha256(path)}" for target, path in self.archives.items()]
        return [self.variant, self.source, *map(str, self.targets), *archives]


def plan_jobs(
    repository: Repository,
    ids: Sequence[str],
    *,
    targets: Sequence[Target] = (),
    archives: Mapping[Target, Path] | None = None,
) -> tuple[Job, ...]:
    """Return the jobs for these buildpacks (all, if none is given) and what they contain, components first.

    Args:
        repository: where the buildpacks are.
        ids: the buildpacks asked for.
        targets: what to package for, instead of everything that is declared.
        archives: an interpreter archive for each target, for self-contained packages.

    Raises:
        UsageError: an id or a target that there is not, or archives in a repository where no buildpack
            carries one.
        CheckFailed: a part of a buildpack is missing or contradicts another.
    """
    source = _source(repository)
    if archives:
        return _self_contained_jobs(repository, ids, archives, source)
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


def _self_contained_jobs(
    repository: Repository, ids: Sequence[str], archives: Mapping[Target, Path], source: str
) -> tuple[Job, ...]:
    """Plan the carrier of the interpreter and the composites with it; other components stay ordinary."""
    carrier = PackageSettings.read(repository.root).interpreter
    if not carrier:
        raise UsageError(
            "no buildpack of this repository carries an interpreter",
            advice='Name one in pyproject.toml: [tool.buildpack-release] interpreter = "<id>"',
        )
    holders = {one.id for one in repository.buildpacks if carrier in _component_ids(repository, one)} | {
        carrier
    }
    for asked in ids:
        if repository.get(asked).id not in holders:
            raise UsageError(f"{asked} has no place for an interpreter", detail=f"{carrier} carries it.")
    jobs = []
    for one in select(repository, ids or sorted(holders)):
        inside = one.id in holders
        jobs.append(
            Job(
                one,
                collect(repository, one),
                package_targets(repository, one, tuple(archives) if inside else ()),
                requested=inside and (not ids or one.id in ids),
                variant=SELF_CONTAINED if inside else "",
                archives=archives if one.id == carrier else {},
                components=_component_ids(repository, one),
                source=source,
            )
        )
    return tuple(jobs)


def _source(repository: Repository) -> str:
    forge = Policy.read(repository.root).forge
    return forge.url if forge else ""


def _component_ids(repository: Repository, buildpack: Buildpack) -> tuple[str, ...]:
    if not buildpack.descriptor.is_composite:
        return ()
    return tuple(one.id for one in components(repository, buildpack))
