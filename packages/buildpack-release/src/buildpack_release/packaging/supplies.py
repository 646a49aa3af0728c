"""The files that packages carry: interpreters given by hand, and archives of runtimes that were chosen."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from buildpack_release.errors import CheckFailed, UsageError
from buildpack_release.oci.content import file_sha256
from buildpack_release.packaging.cargo import Cargo, CarriedRuntime
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
    """The files for the cargo: an interpreter for each target, archives for each target, a catalogue."""

    interpreters: Mapping[Target, Path] = field(default_factory=dict)
    runtimes: Mapping[Target, tuple[Published, ...]] = field(default_factory=dict)
    catalogue: Path | None = None
    own_catalogue: bool = False

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
            CheckFailed: no buildpack has a catalogue, or it is faulty.
        """
        if offline is None:
            return cls(interpreters)
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
            advice="Write --python 3.13 for the newest patch of a line, or --python 3.13.2 for one version.",
            file=catalogue.path,
        )
    return found
