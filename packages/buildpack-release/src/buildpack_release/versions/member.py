"""A buildpack with its changelog and version: what is read before anything is decided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_release.errors import CheckFailed, ReleaseError
from buildpack_release.model.finding import Finding, Severity
from buildpack_release.versions.changelog import NAME, Changelog
from buildpack_release.versions.number import Version

if TYPE_CHECKING:
    from collections.abc import Iterable

    from buildpack_release.model.repository import Buildpack, Repository
    from buildpack_release.versions.impact import Impact


@dataclass(frozen=True)
class VersionedBuildpack:
    """A buildpack of the repository. Its version is what buildpack.toml says."""

    buildpack: Buildpack
    changelog: Changelog

    @property
    def id(self) -> str:
        """The buildpack's id."""
        return self.buildpack.id

    @property
    def version(self) -> Version:
        """The version in buildpack.toml, which has been checked when it was read."""
        return Version.parse(self.buildpack.descriptor.version)

    @property
    def is_new(self) -> bool:
        """Whether it has never been released: its version is then the one that will be released first."""
        return self.changelog.latest is None

    @property
    def impact(self) -> Impact | None:
        """How much its own unreleased changes matter; None without any."""
        return max((entry.impact for entry in self.changelog.entries if entry.impact), default=None)


def read_members(repository: Repository) -> tuple[VersionedBuildpack, ...]:
    """Read the changelogs of all buildpacks. Raises CheckFailed or ReleaseError if one is unreadable."""
    return tuple(_read(buildpack) for buildpack in repository.buildpacks)


def survey_members(repository: Repository) -> tuple[tuple[VersionedBuildpack, ...], tuple[Finding, ...]]:
    """Read all changelogs that can be read, and say what is wrong with the others."""
    members: list[VersionedBuildpack] = []
    findings: list[Finding] = []
    for buildpack in repository.buildpacks:
        try:
            members.append(_read(buildpack))
        except ReleaseError as error:
            file = error.file or buildpack.directory / NAME
            findings.append(Finding(Severity.ERROR, "changelog", error.title, file, error.line, error.advice))
    return tuple(members), tuple(findings)


def _read(buildpack: Buildpack) -> VersionedBuildpack:
    path = buildpack.directory / NAME
    if path.is_symlink():
        raise CheckFailed("a changelog must be a file of its own, not a link", file=path)
    return VersionedBuildpack(buildpack, Changelog.read(path))


def by_id(members: Iterable[VersionedBuildpack]) -> dict[str, VersionedBuildpack]:
    """Map ids to members."""
    return {member.id: member for member in members}
