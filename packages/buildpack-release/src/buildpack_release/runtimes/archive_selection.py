"""Choosing archives of Python from a catalogue, and knowing one by its name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from buildpack_release.errors import CheckFailed, ReleaseError, UsageError
from buildpack_release.runtimes.archive_catalogue import FILE, ArchiveCatalogue, keeper, spans, target_of
from oci_registry.content import file_sha256

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from pathlib import Path

    from buildpack_release.model.repository import Repository
    from buildpack_release.model.targets import DeclaredTarget
    from buildpack_release.runtimes.published import PublishedArchive


_PYTHON = re.compile(r"[1-9][0-9]*\.[0-9]+(\.[0-9]+)?")


def is_python(text: str) -> bool:
    """Return whether a text is spelt like a line (`3.14`) or a version (`3.14.2`)."""
    return _PYTHON.fullmatch(text) is not None


@dataclass(frozen=True)
class RuntimeSelection:
    """Which Pythons are wanted.

    Attributes:
        day: the day by which lines have ended or not.
        pythons: lines (`3.13`) and versions (`3.12.4`); the newest patch of each line if there are none.
        catalogue: a catalogue to choose from, and to package, instead of the buildpack's.
    """

    day: dt.date
    pythons: Sequence[str] = ()
    catalogue: Path | None = None


def check_recorded(archive: Path, repository: Repository) -> None:
    """Check a file that is called like an archive of the catalogue against the SHA-256 that stands there.

    One of another name, or in a repository without a catalogue, is taken as it is. Raises CheckFailed.
    """
    try:
        catalogue = ArchiveCatalogue.read(keeper(repository).directory / FILE)
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


def choose(
    catalogue: ArchiveCatalogue, target: DeclaredTarget, selection: RuntimeSelection
) -> tuple[PublishedArchive, ...]:
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
    pythons = selection.pythons or [line for line, end in catalogue.lines.items() if end >= selection.day]
    named = bool(selection.pythons)
    found = {one for python in pythons for one in _matching(python, known, catalogue, target, named=named)}
    if not found:
        raise CheckFailed(
            f"every line of Python has reached its end of life by {selection.day}",
            advice="Name some with --python, or update the catalogue: inv runtimes.update",
            file=catalogue.path,
        )
    return tuple(sorted(found))


def _matching(
    python: str,
    known: Sequence[PublishedArchive],
    catalogue: ArchiveCatalogue,
    target: DeclaredTarget,
    *,
    named: bool,
) -> list[PublishedArchive]:
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
