"""Whether versions, orders and changelogs say the same; a release starts and ends in such a state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildpack_release.checking.check_order import check_order
from buildpack_release.errors import CheckFailed, shown_path
from buildpack_release.model.finding import Finding, Severity
from buildpack_release.model.foreign import read_foreign

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from buildpack_release.model.repository import Repository
    from buildpack_release.model.settings import Versioning
    from buildpack_release.versions.member import VersionedBuildpack


def check_consistency(
    repository: Repository, members: Sequence[VersionedBuildpack], versioning: Versioning
) -> Iterator[Finding]:
    """Find versions that differ where they must be equal, and changelogs that are unclear."""
    for member in members:
        yield from member.changelog.findings()
        yield from _check_latest(member)
    if versioning.is_fixed:
        yield from _check_equal(members)
    foreign, _ = read_foreign(repository.root)
    yield from (one for one in check_order(repository, foreign) if one.code in {"order-version", "cycle"})


def require_consistency(
    repository: Repository, members: Sequence[VersionedBuildpack], versioning: Versioning
) -> None:
    """Raise CheckFailed for the first finding, saying how many more there are."""
    findings = list(check_consistency(repository, members, versioning))
    if findings:
        first, more = findings[0], len(findings) - 1
        detail = f"There is more to correct ({more}): see `inv version.check`." if more else ""
        raise CheckFailed(first.message, detail=detail, advice=first.advice, file=first.file, line=first.line)


def _check_latest(member: VersionedBuildpack) -> Iterator[Finding]:
    latest = member.changelog.latest
    if latest is not None and latest != member.version:
        newest = f"the newest in {shown_path(member.changelog.path)} is {latest}"
        message = f"the version is {member.version}, but {newest}"
        yield _at_version(member, "changelog-version", message, "`inv version.bump` sets both")


def _check_equal(members: Sequence[VersionedBuildpack]) -> Iterator[Finding]:
    newest = max(members, key=lambda member: member.version)
    for member in members:
        if member.version != newest.version:
            message = f"the version is {member.version}, but {newest.id} has {newest.version}"
            advice = 'with versioning = "fixed" all buildpacks have one version'
            yield _at_version(member, "fixed-version", message, advice)


def _at_version(member: VersionedBuildpack, code: str, message: str, advice: str) -> Finding:
    source = member.buildpack.descriptor.source
    line = source.line("buildpack", "version")
    return Finding(Severity.ERROR, code, message, source.path, line, advice)
