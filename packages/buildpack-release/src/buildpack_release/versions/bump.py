"""The edit that makes a release: versions, orders and changelogs, all files or none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_release.versions.changelog import NAME, Changelog
from buildpack_release.versions.changelog_release import ReleaseEntry, release_changelog
from buildpack_release.versions.consistency import require_consistency
from buildpack_release.versions.descriptor_edit import with_versions
from buildpack_release.versions.inference import KindChoice, NextRelease, plan_releases
from buildpack_release.versions.links import compare_links
from buildpack_release.versions.member import read_members
from buildpack_release.versions.policy import Policy
from buildpack_release.versions.replacement import Replacement

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from buildpack_release.model.repository import Repository


@dataclass(frozen=True)
class Bump:
    """What is released, components first, and the files that change with it. Nothing is written yet."""

    policy: Policy
    releases: tuple[NextRelease, ...]
    replacements: tuple[Replacement, ...] = ()


def infer(repository: Repository, choice: KindChoice | None = None) -> Bump:
    """Read everything and say what would be released, without the edits.

    Raises:
        CheckFailed: versions, orders and changelogs contradict each other or are unclear.
        ReleaseError: a file cannot be read.
        UsageError: the choice does not fit.
    """
    policy = Policy.read(repository.root)
    members = read_members(repository)
    require_consistency(repository, members, policy.versioning)
    return Bump(policy, plan_releases(members, policy.versioning, choice))


def prepare(repository: Repository, date: str, choice: KindChoice | None = None) -> Bump:
    """Infer what is released, and make all edits in memory; `date` is YYYY-MM-DD. Raises as infer() does."""
    inferred = infer(repository, choice)
    versions = {release.member.id: str(release.version) for release in inferred.releases}
    edits = [
        edit
        for release in inferred.releases
        for edit in (_descriptor(release, versions), _changelog(release, inferred.policy, date))
    ]
    edits += _root_changelog(repository, inferred, date)
    changed = tuple(edit for edit in edits if edit.old != edit.new)
    return Bump(inferred.policy, inferred.releases, changed)


def _descriptor(release: NextRelease, versions: dict[str, str]) -> Replacement:
    source = release.member.buildpack.descriptor.source
    text = with_versions(source, str(release.version), versions)
    return Replacement(source.path, source.text.encode(), text.encode())


def _changelog(release: NextRelease, policy: Policy, date: str) -> Replacement:
    member = release.member
    links = None
    if policy.forge:
        latest = member.changelog.latest
        links = compare_links(policy.forge, policy.versioning, member.id, latest, release.version)
    entry = ReleaseEntry(
        release.version,
        date,
        _parts(release.parts),
        "First release." if member.is_new else "No changes.",
        links,
    )
    text = release_changelog(member.changelog, entry)
    return Replacement(member.changelog.path, member.changelog.text.encode(), text.encode())


def _root_changelog(repository: Repository, inferred: Bump, date: str) -> Iterator[Replacement]:
    """Date what is Unreleased in the changelog of the repository itself, where all share one version.

    That of a repository whose buildpacks have versions of their own has no version, and is left to people.
    """
    path, policy = repository.root / NAME, inferred.policy
    own = {release.member.changelog.path for release in inferred.releases}
    if not inferred.releases or not policy.versioning.is_fixed or path in own or not path.is_file():
        return
    changelog, version = Changelog.read(path), inferred.releases[0].version
    if not changelog.entries or version in changelog.versions:
        return
    links = None
    if policy.forge:
        links = compare_links(policy.forge, policy.versioning, "", changelog.latest, version)
    text = release_changelog(changelog, ReleaseEntry(version, date, links=links))
    yield Replacement(path, changelog.text.encode(), text.encode())


def _parts(parts: Sequence[NextRelease]) -> dict[str, list[str]]:
    """Return which parts of a composite are released with it, below the headings where that belongs."""
    items: dict[str, list[str]] = {}
    for part in parts:
        name, version = f"`{part.member.id}`", f"`{part.version}`"
        if part.member.is_new:
            items.setdefault("Added", []).append(f"{name} {version}.")
        else:
            unchanged = " (no changes)" if part.impact is None else ""
            items.setdefault("Changed", []).append(f"Updated {name} to {version}{unchanged}.")
    return items
