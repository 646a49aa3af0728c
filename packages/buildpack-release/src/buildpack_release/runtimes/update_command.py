"""The update of the catalogue as a command: what is published is fetched, cross-checked and merged."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from buildpack_release.model.repository import Repository
from buildpack_release.runtimes import published
from buildpack_release.runtimes.archive_catalogue import FILE, ArchiveCatalogue, keeper
from buildpack_release.runtimes.archive_sizes import with_sizes
from buildpack_release.runtimes.catalogue_update import OLDEST, add_to_changelog, update
from buildpack_release.versions.changelog import NAME, Changelog
from buildpack_release.versions.edits import Edit
from buildpack_release.versions.replacement import Replacement

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from buildpack_release.model.repository import Buildpack
    from buildpack_release.runtimes.published import Compared

_ADVICE = "look at `git diff`, then: inv check && inv package"


def read_catalogue(root: Path) -> ArchiveCatalogue:
    """Read the catalogue of the repository at `root`. Raises CheckFailed if there is none or it is faulty."""
    return catalogue_of(root)[1]


def catalogue_of(root: Path) -> tuple[Buildpack, ArchiveCatalogue]:
    """Return the buildpack that has the catalogue as well. Raises as read_catalogue() does."""
    buildpack = keeper(Repository.discover(root))
    return buildpack, ArchiveCatalogue.read(buildpack.directory / FILE)


def prepare_update(root: Path) -> Edit:
    """Compare the catalogue with what is published now; nothing is written.

    Raises:
        NetworkError: the package index cannot be reached.
        CheckFailed: the two sources contradict each other, or a file of the repository is faulty.
        ConflictError: a known archive is published with another SHA-256.
    """
    return merge(root, *published.fetch())


def merge(
    root: Path, uv: Mapping[str, Mapping[str, Any]], pbs_installer: Sequence[Mapping[str, Any]]
) -> Edit:
    """Prepare an update with the documents of both sources. Raises CheckFailed, ConflictError."""
    folder = keeper(Repository.discover(root)).directory
    current, changelog = ArchiveCatalogue.read(folder / FILE), Changelog.read(folder / NAME)
    compared = published.cross_check(published.parse_uv(uv), published.parse_pbs_installer(pbs_installer))
    found = update(current, compared.accepted, partial(with_sizes, bases=current.bases))
    texts = {current.path: found.text, changelog.path: add_to_changelog(changelog, found).text}
    replacements = (Replacement(path, path.read_bytes(), text.encode()) for path, text in texts.items())
    changed = tuple(one for one in replacements if one.old != one.new)
    summary = (
        *found.news,
        f"{len(compared.confirmed)} archives have the same SHA-256 in both sources",
        *_alone(current, compared),
        f"The size of {found.without_size} archives is not known: no server told it"
        if found.without_size
        else "",
        "" if changed else "Nothing is new",
    )
    return Edit(root, changed, tuple(filter(None, summary)), _ADVICE)


def _alone(current: ArchiveCatalogue, compared: Compared) -> Iterator[str]:
    """Return which new archives only uv lists, and what became of them."""
    known = {archive.path for archive in current.archives}
    for archives, text in (
        (compared.ahead, "so far in uv's list only, to be compared by the next update"),
        (compared.other_builds, "in uv's list only, pbs-installer has another build of the version"),
        (compared.unconfirmed, "left out: in uv's list only, although pbs-installer has newer releases"),
    ):
        new = [one for one in archives if one.path not in known and one.version >= OLDEST]
        if new:
            yield f"{', '.join(dict.fromkeys(archive.text for archive in new))}: {text}"
