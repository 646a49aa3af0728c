"""The check for pull requests: consistent versions, and an Unreleased entry for every change.

A change of a buildpack is a change of a file that goes into it, its own or a vendored one. It needs an entry
that its changelog did not have in the merge base, under Unreleased or (where the pull request is a release)
under a version that is new as well. Versions in buildpack.toml alone are no change: a release sets them.
A commit says with the line `Changelog: none` in its message that users do not notice; the report names it.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from buildpack_release.errors import CheckFailed
from buildpack_release.model.finding import Finding, Severity
from buildpack_release.model.repository import DESCRIPTOR
from buildpack_release.model.toml_source import TomlSource
from buildpack_release.versions.changelog import Changelog
from buildpack_release.versions.checkout import RepositoryFolder
from buildpack_release.versions.consistency import check_consistency
from buildpack_release.versions.descriptor_edit import without_versions
from buildpack_release.versions.member import VersionedBuildpack, survey_members
from buildpack_release.versions.ownership import is_change_of
from buildpack_release.versions.policy import Policy
from buildpack_release.versions.replacement import JOURNAL, is_pending

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from buildpack_release.model.repository import Buildpack, Repository
    from buildpack_release.versions.changelog_entry import ChangelogEntry


@dataclass(frozen=True)
class ChangeReport:
    """What the check has found, and what it has compared with.

    `unannounced` are files that go into a buildpack and whose commits say that users do not notice.
    """

    findings: tuple[Finding, ...]
    merge_base: str
    changed: tuple[str, ...]
    unannounced: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing has to be corrected."""
        return not self.findings

    @property
    def summary(self) -> str:
        """Return what has been compared, and what was found."""
        found = (
            f"{len(self.findings)} error{'' if len(self.findings) == 1 else 's'}, " if self.findings else ""
        )
        changed = ", ".join(self.changed) or "no buildpack"
        return f"{found}{changed} changed since {self.merge_base[:12]}"

    def data(self, repository: Repository) -> dict[str, Any]:
        """Return the report as data for JSON; files are relative to the root."""
        return {
            "ok": self.ok,
            "merge-base": self.merge_base,
            "changed-buildpacks": list(self.changed),
            "unannounced": list(self.unannounced),
            "findings": [
                {
                    "code": finding.code,
                    "message": finding.message,
                    "advice": finding.advice,
                    "file": os.path.relpath(finding.file, repository.root),
                    "line": finding.line,
                }
                for finding in self.findings
            ],
        }


def check_versions(repository: Repository, base: str = "") -> ChangeReport:
    """Check a repository against the merge base of HEAD and `base` (a revision; see DEFAULT_BASES).

    Raises:
        UsageError: there is no such revision.
        ReleaseError: it is no git checkout, or its history is not there.
    """
    members, consistency = _consistency(repository)
    checkout = RepositoryFolder.open(repository.root)
    commit = checkout.merge_base(base)
    comparison = _Comparison.of(repository, checkout, commit)
    changed = [(member, files) for member in members if (files := comparison.files_of(member.buildpack))]
    missing = [_finding(member, files) for member, files in changed if not comparison.has_new_entry(member)]
    silent = [
        path
        for path in comparison.silent
        if any(is_change_of(repository, one.buildpack, path) for one in members)
    ]
    return ChangeReport(
        (*consistency, *missing), commit, tuple(member.id for member, _ in changed), tuple(sorted(silent))
    )


def check_since(repository: Repository, bases: Mapping[str, str]) -> tuple[Finding, ...]:
    """Check a repository against commits of its own history: for each id the one of its last release, or "".

    Raises as check_versions() does.
    """
    members, consistency = _consistency(repository)
    checkout = RepositoryFolder.open(repository.root)
    findings = list(consistency)
    for commit in dict.fromkeys(filter(None, bases.values())):
        comparison = _Comparison.of(repository, checkout, commit)
        for member in members:
            files = comparison.files_of(member.buildpack) if bases.get(member.id) == commit else ()
            if files and not comparison.has_new_entry(member):
                findings.append(_finding(member, files))
    return tuple(findings)


def _consistency(repository: Repository) -> tuple[tuple[VersionedBuildpack, ...], tuple[Finding, ...]]:
    """Read the members, and find what contradicts itself before anything is compared."""
    members, unread = survey_members(repository)
    policy = Policy.read(repository.root)
    found = check_consistency(repository, members, policy.versioning) if members else ()
    return members, (*unread, *_interrupted(repository), *found)


def _interrupted(repository: Repository) -> Iterator[Finding]:
    if is_pending(repository.root):
        yield Finding(
            Severity.ERROR, "interrupted", "a version bump has been interrupted", repository.root / JOURNAL,
            advice="run `inv version.bump` again: it completes the bump",
        )  # fmt: skip


@dataclass(frozen=True)
class _Comparison:
    """The checkout against a commit."""

    repository: Repository
    checkout: RepositoryFolder
    commit: str
    changed: Sequence[str]
    silent: frozenset[str]

    @classmethod
    def of(cls, repository: Repository, checkout: RepositoryFolder, commit: str) -> _Comparison:
        """Ask what has changed; changes that are not to be announced are kept apart."""
        silent = checkout.unannounced(commit)
        changed = [path for path in checkout.changed(commit) if path not in silent]
        return cls(repository, checkout, commit, changed, silent)

    def files_of(self, buildpack: Buildpack) -> tuple[str, ...]:
        """Return the changed files that go into a buildpack."""
        found = [path for path in self.changed if is_change_of(self.repository, buildpack, path)]
        descriptor = self._path(buildpack, DESCRIPTOR)
        if descriptor in found and self._differs_in_versions_only(buildpack, descriptor):
            found.remove(descriptor)
        return tuple(found)

    def has_new_entry(self, member: VersionedBuildpack) -> bool:
        """Return whether a changelog has a new entry, in a section that a change may go to."""
        path = self._path(member.buildpack, member.changelog.path.name)
        old = Changelog.parse(self.checkout.text(self.commit, path) or "", member.changelog.path)
        entries = Counter(entry.identity for entry in _announced(member.changelog, old))
        return bool(entries - Counter(entry.identity for entry in old.entries))

    def _differs_in_versions_only(self, buildpack: Buildpack, path: str) -> bool:
        source = buildpack.descriptor.source
        try:
            old = TomlSource.parse(self.checkout.text(self.commit, path) or "", source.path).data
            return without_versions(old) == without_versions(source.data)
        except (CheckFailed, KeyError, TypeError, AttributeError):
            return False  # what was no descriptor differs in more

    def _path(self, buildpack: Buildpack, name: str) -> str:
        return (buildpack.directory.relative_to(self.repository.root) / name).as_posix()


def _announced(new: Changelog, old: Changelog) -> Iterator[ChangelogEntry]:
    """Return what is Unreleased, and what belongs to versions that the old changelog does not have.

    What stands under no heading, such as `No changes.`, announces nothing.
    """
    for section in new.sections:
        if section.is_unreleased or (section.version and section.version not in old.versions):
            yield from (entry for entry in new.entries_of(section) if entry.heading)


def _finding(member: VersionedBuildpack, files: Sequence[str]) -> Finding:
    more = f" and {len(files) - 1} more" if len(files) > 1 else ""
    section = member.changelog.unreleased
    return Finding(
        Severity.ERROR,
        "no-entry",
        f"{member.id} has changed ({os.fsencode(files[0]).decode('utf-8', 'backslashreplace')}{more}), "
        "but nothing new is Unreleased here",
        member.changelog.path,
        section.start + 1 if section else None,
        "add an entry under Added, Changed, Deprecated, Removed, Fixed or Security",
    )
