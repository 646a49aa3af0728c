"""The files that packages carry: interpreters given by hand, and archives of runtimes that were chosen."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote

from buildpack_release.dist.cargo import Cargo, CarriedRuntime
from buildpack_release.errors import CheckFailed, ReleaseError, UsageError
from buildpack_release.oci.content import file_sha256
from buildpack_release.packaging.archive_version import read_version
from buildpack_release.packaging.selection import package_targets
from buildpack_release.runtimes.catalogue import FILE, Catalogue, keeper, spans, target_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from buildpack_release.model.repository import Repository
    from buildpack_release.model.targets import Target
    from buildpack_release.runtimes.published import Published


@dataclass(frozen=True)
class Offline:
    """What an offline package shall carry.

    Attributes:
        day: the day by which lines have ended or not.
        pythons: lines (`3.13`) and versions (`3.12.4`); the newest patch of each line if there are none.
        catalogue: a catalogue of one's own, which is packaged instead of the buildpack's.
    """

    day: dt.date
    pythons: Sequence[str] = ()
    catalogue: Path | None = None


@dataclass(frozen=True)
class Supplies:
    """The files for the cargo: an interpreter for each target, archives for each target, a catalogue.

    `versions` are those of the interpreters, in full; one that cannot be told is left out.
    """

    interpreters: Mapping[Target, Path] = field(default_factory=dict)
    runtimes: Mapping[Target, tuple[Published, ...]] = field(default_factory=dict)
    catalogue: Path | None = None
    own_catalogue: bool = False
    versions: Mapping[Target, str] = field(default_factory=dict)

    @classmethod
    def gather(
        cls,
        repository: Repository,
        interpreters: Mapping[Target, Path],
        offline: Offline | None,
        targets: Sequence[Target],
    ) -> Supplies:
        """Choose what goes in. Nothing is fetched.

        Raises:
            UsageError: a Python is unknown, or not to be had for a target.
            ReleaseError: an interpreter is in no whole archive.
            CheckFailed: no buildpack has a catalogue, it is faulty, or an interpreter is not what it names.
        """
        for archive in interpreters.values():
            check_recorded(archive, repository)
        found = {target: read_version(path) for target, path in interpreters.items()}
        versions = {target: version.text for target, version in found.items() if version}
        if offline is None:
            return cls(interpreters, versions=versions)
        buildpack = keeper(repository)
        catalogue = Catalogue.read(offline.catalogue or buildpack.directory / FILE)
        if targets and interpreters and set(targets) != set(interpreters):
            raise UsageError("an offline package is for the targets of its interpreters")
        wanted = tuple(interpreters) or package_targets(repository, buildpack, targets)
        return cls(
            interpreters,
            {target: choose(catalogue, target, offline) for target in wanted},
            catalogue.path,
            own_catalogue=offline.catalogue is not None,
            versions=versions,
        )

    @property
    def stand_in(self) -> Path | None:
        """The catalogue that is packaged instead of the buildpack's, if there is one."""
        return self.catalogue if self.own_catalogue else None

    def cargo(self) -> Cargo:
        """Give what it is, by digests."""
        return Cargo(
            {target: file_sha256(path) for target, path in self.interpreters.items()},
            {
                target: tuple(CarriedRuntime(one.text, one.sha256) for one in archives)
                for target, archives in self.runtimes.items()
            },
            file_sha256(self.stand_in) if self.stand_in else "",
        )


def check_recorded(archive: Path, repository: Repository) -> None:
    """Check a file that is called like an archive of the catalogue against the SHA-256 that stands there.

    One of another name, or in a repository without a catalogue, is taken as it is. Raises CheckFailed.
    """
    try:
        catalogue = Catalogue.read(keeper(repository).directory / FILE)
    except ReleaseError:
        return
    name = unquote(archive.name)
    known = {unquote(one.path.rpartition("/")[2]): one.sha256 for one in catalogue.archives}
    if name in known and file_sha256(archive) != f"sha256:{known[name]}":
        raise CheckFailed(
            "this archive is not the published one of this name",
            detail=f"{catalogue.path.name} has the SHA-256 {known[name]}.",
            advice="Download it again; one of your own needs a name of its own.",
            file=archive,
        )


def choose(catalogue: Catalogue, target: Target, offline: Offline) -> tuple[Published, ...]:
    """Choose the archives for a target, oldest first.

    Raises UsageError for a Python that is unknown, CheckFailed if every line has ended and none was named.
    """
    known = [archive for archive in catalogue.archives if target_of(archive) == target]
    if not known:
        raise UsageError(
            f"there is no Python for {target} in this catalogue",
            detail=f"It has archives for {', '.join(map(str, catalogue.targets))}.",
            advice="Choose with --target.",
            file=catalogue.path,
        )
    pythons = offline.pythons or [line for line, end in catalogue.lines.items() if end >= offline.day]
    named = bool(offline.pythons)
    found = {one for python in pythons for one in _matching(python, known, catalogue, target, named=named)}
    if not found:
        raise CheckFailed(
            f"every line of Python has reached its end of life by {offline.day}",
            advice="Name some with --python, or update the catalogue: inv runtimes.update",
            file=catalogue.path,
        )
    return tuple(sorted(found))


def _matching(
    python: str, known: Sequence[Published], catalogue: Catalogue, target: Target, *, named: bool
) -> list[Published]:
    """Return the newest patch of a line, or the version itself."""
    found = [archive for archive in known if python in (archive.line, archive.text)][-1:]
    if not found and named:
        lines = ", ".join(catalogue.lines)
        patches = spans([archive for archive in known if archive.line == python.rpartition(".")[0]])
        detail = f"Of that line there are: {patches}." if patches else f"Known lines: {lines}."
        raise UsageError(
            f'there is no Python "{python}" for {target} in this catalogue',
            detail=detail,
            advice="Name a line, such as 3.13, for its newest patch, or one version, such as 3.13.2.",
            file=catalogue.path,
        )
    return found
