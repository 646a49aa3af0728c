"""Reading `runtimes.toml`: the lines of Python, and the archive of each version for each target."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_common import runtimes_catalogue
from buildpack_release.errors import CheckFailed
from buildpack_release.model.settings import PackageSettings
from buildpack_release.model.targets import DeclaredTarget
from buildpack_release.model.toml_source import TomlSource
from buildpack_release.runtimes.published import PublishedArchive

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from buildpack_common.runtimes_catalogue import Runtime
    from buildpack_release.model.repository import Buildpack, Repository

FILE = Path("data/runtimes.toml")
"""Where a buildpack has its catalogue."""

_TARGET = ("linux", "gnu")


@dataclass(frozen=True)
class ArchiveCatalogue:
    """A catalogue: the default line, base URLs, each line's end of life, the archives, oldest first.

    Those for another system or C library than the default are left out.
    """

    path: Path
    default: str
    bases: tuple[str, ...]
    lines: Mapping[str, dt.date]
    archives: tuple[PublishedArchive, ...]

    @classmethod
    def read(cls, path: Path) -> ArchiveCatalogue:
        """Read a file. Raises CheckFailed, with the line, for what is not a catalogue."""
        return cls.parse(TomlSource.read(path))

    @classmethod
    def parse(cls, source: TomlSource) -> ArchiveCatalogue:
        """Read what was parsed already. Raises as read() does."""
        try:
            found = runtimes_catalogue.parse(source.data, source.path)
        except runtimes_catalogue.CatalogueError as error:
            raise CheckFailed(
                f"this is not a catalogue of runtimes: {error}",
                file=source.path,
                line=source.line(*error.place),
            ) from error
        archives = sorted(_archive(one) for one in found.runtimes if (one.os, one.libc) == _TARGET)
        return cls(source.path, found.default, found.bases, found.lines, tuple(archives))

    @property
    def targets(self) -> tuple[DeclaredTarget, ...]:
        """All targets that there is an archive for."""
        return tuple(sorted({target_of(archive) for archive in self.archives}))


def target_of(archive: PublishedArchive) -> DeclaredTarget:
    """Return the target that an archive is for."""
    return DeclaredTarget("linux", archive.arch)


def spans(archives: Sequence[PublishedArchive]) -> str:
    """Return the versions of a line's archives, consecutive ones joined: "3.11.1, 3.11.3 to 3.11.5"."""
    numbered = enumerate(sorted(archives))
    groups = groupby(numbered, key=lambda item: item[1].version[2] - item[0])
    runs = [[archive.text for _, archive in group] for _, group in groups]
    return ", ".join(" to ".join(dict.fromkeys((run[0], run[-1]))) for run in runs)


def keeper(repository: Repository) -> Buildpack:
    """Return the buildpack that has the catalogue: the setting `runtimes`. Raises CheckFailed, UsageError."""
    if named := PackageSettings.read(repository.root).runtimes:
        return repository.get(named)
    raise CheckFailed(
        "no buildpack of this repository has a catalogue of runtimes",
        advice='Name one in pyproject.toml: [tool.buildpack-release] runtimes = "<id>"',
    )


def _archive(runtime: Runtime) -> PublishedArchive:
    return PublishedArchive(
        runtime.numbers, runtime.arch, runtime.tag, runtime.path, runtime.sha256, runtime.size
    )
