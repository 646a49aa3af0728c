"""Pythons that compile bytecode without being installed: in archives given, or fetched when asked to."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from buildpack_release.bytecode.archived_interpreter import MODULE as TRIM
from buildpack_release.bytecode.archived_interpreter import ArchivedInterpreter
from buildpack_release.errors import CheckFailed
from buildpack_release.model.inputs import collect
from buildpack_release.model.settings import PackageSettings
from buildpack_release.model.targets import DeclaredTarget, own_arch
from buildpack_release.runtimes.archive_catalogue import FILE, ArchiveCatalogue, keeper
from buildpack_release.runtimes.archive_fetch import fetch_archives
from buildpack_release.runtimes.archive_selection import RuntimeSelection, check_recorded, choose
from buildpack_release.runtimes.buildpack_program import BuildpackProgram

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from buildpack_release.bytecode.option import BytecodeSources
    from buildpack_release.model.repository import Buildpack, Repository


def given_pythons(
    repository: Repository,
    given: BytecodeSources,
    *,
    cache: Path,
    scratch: Path,
    report: Callable[[str], None],
) -> Iterator[ArchivedInterpreter]:
    """Yield the Pythons that the option `--bytecode-from` names.

    Args:
        repository: the repository, one of whose buildpacks fetches and unpacks archives.
        given: what the option says.
        cache: where archives that are fetched are kept.
        scratch: a folder to unpack into, when they are needed.
        report: takes lines of progress.

    Raises:
        CheckFailed: an archive is not what the catalogue has by its name, or no buildpack knows archives.
        NetworkError: an archive cannot be fetched.
        ReleaseError: an archive is not whole, or holds no supported Python.
        UsageError: a Python that is to be fetched is not in the catalogue.
    """
    owner = _owner(repository)
    for archive in given.archives:
        check_recorded(archive, repository)
    archives = [*given.archives, *_fetched(repository, given.versions, cache, report)]
    trim = BuildpackProgram.of(collect(repository, owner), TRIM)
    for number, archive in enumerate(archives):
        home = scratch / str(number)
        home.mkdir()
        yield ArchivedInterpreter.of(archive, trim, home)


def _owner(repository: Repository) -> Buildpack:
    """Return the buildpack that knows archives of Python."""
    settings = PackageSettings.read(repository.root)
    if named := settings.runtimes or settings.interpreter:
        return repository.get(named)
    raise CheckFailed(
        "no buildpack of this repository can unpack archives of Python",
        advice='Name one in pyproject.toml: [tool.buildpack-release] runtimes = "<id>"',
    )


def _fetched(
    repository: Repository, versions: Iterable[str], cache: Path, report: Callable[[str], None]
) -> list[Path]:
    """Return the archives of lines (their newest patch) and versions, for this machine."""
    if not (pythons := tuple(versions)):
        return []
    buildpack = keeper(repository)
    catalogue = ArchiveCatalogue.read(buildpack.directory / FILE)
    found = choose(catalogue, DeclaredTarget("linux", own_arch()), RuntimeSelection(dt.date.min, pythons))
    sums = [one.sha256 for one in found]
    inputs = collect(repository, buildpack)
    return list(fetch_archives(sums, inputs, catalogue=catalogue.path, cache=cache, report=report).values())
