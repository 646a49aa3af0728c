"""Versions and releases to come, as tables for people and as data for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from buildpack_release.model.settings import Versioning
from buildpack_release.text import columns
from buildpack_release.versions.impact import Impact

if TYPE_CHECKING:
    from collections.abc import Sequence

    from buildpack_release.versions.bump import Bump
    from buildpack_release.versions.inference import NextRelease
    from buildpack_release.versions.member import VersionedBuildpack

_VERSIONING = {
    Versioning.FIXED: "Versioning is fixed: all buildpacks have one version.",
    Versioning.INDEPENDENT: "Versioning is independent: each buildpack has its own version.",
}
_NOTHING = "Nothing is Unreleased: there is nothing to release."


def show(members: Sequence[VersionedBuildpack]) -> str:
    """Return a table of the versions, the last releases and how many changes are Unreleased."""
    rows: list[tuple[str, ...]] = [("ID", "VERSION", "RELEASED", "UNRELEASED")]
    for member in members:
        count = len(member.changelog.entries)
        latest = str(member.changelog.latest or "-")
        rows.append((member.id, str(member.version), latest, _entries(count) if count else "-"))
    return columns(rows)


def show_data(members: Sequence[VersionedBuildpack]) -> list[dict[str, Any]]:
    """Return the same as data."""
    return [
        {
            "id": member.id,
            "version": str(member.version),
            "released": str(member.changelog.latest) if member.changelog.latest else None,
            "unreleased": [
                {"heading": entry.heading, "text": entry.text, "breaking": entry.impact is Impact.BREAKING}
                for entry in member.changelog.entries
            ],
        }
        for member in members
    ]


def next_table(bump: Bump) -> str:
    """Return a table of the releases to come; empty if there are none."""
    if not bump.releases:
        return ""
    rows: list[tuple[str, ...]] = [("ID", "VERSION", "NEXT", "KIND", "BECAUSE OF")]
    rows += [_row(release) for release in bump.releases]
    return columns(rows)


def next_data(bump: Bump) -> dict[str, Any]:
    """Return the same as data."""
    return {
        "versioning": bump.policy.versioning.value,
        "releases": [
            {
                "id": release.member.id,
                "version": str(release.member.version),
                "next": str(release.version),
                "kind": str(release.kind) if release.kind else "first",
                "impact": str(release.impact) if release.impact else None,
                "reason": release.reason,
            }
            for release in bump.releases
        ],
    }


def notes(bump: Bump) -> list[str]:
    """Return what a reader of the table may wonder about."""
    if not bump.releases:
        return [_NOTHING]
    found = [_VERSIONING[bump.policy.versioning]]
    if any(release.kind is None for release in bump.releases):
        found.append("A first release has the version that buildpack.toml already gives.")
    if any(_is_tamed(release) for release in bump.releases):
        found.append("While a version is 0.y.z, a breaking change raises y; --kind major makes it 1.0.0.")
    return found


def _row(release: NextRelease) -> tuple[str, ...]:
    kind = str(release.kind) if release.kind else "first"
    return (release.member.id, str(release.member.version), str(release.version), kind, release.reason)


def _is_tamed(release: NextRelease) -> bool:
    return release.impact is Impact.BREAKING and not release.version.major


def _entries(count: int) -> str:
    return f"{count} {'entry' if count == 1 else 'entries'}"
