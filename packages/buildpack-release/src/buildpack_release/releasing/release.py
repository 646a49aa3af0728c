"""The way in: the steps of a release, in their order."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_release.errors import UsageError
from buildpack_release.releasing.package_steps import (
    NotesPublished,
    Packages,
    PackagesPublished,
    Registered,
    Verification,
)
from buildpack_release.releasing.source_steps import (
    Addresses,
    Branch,
    Checks,
    Versions,
    VersionsBumped,
    WorkTreeCommitted,
)
from buildpack_release.releasing.tag_steps import LastRelease, PushedTags, Tags
from oci_registry.reference import hostname
from oci_registry.remote.address import Reach, reach_of_host

if TYPE_CHECKING:
    from collections.abc import Mapping

    from buildpack_release.publish.destination import Destination
    from buildpack_release.publish.publication import Publication
    from buildpack_release.registration.registration import Registration
    from buildpack_release.releasing.step import ReleaseStep


@dataclass(frozen=True)
class NotesAsked:
    """Where the token of the forge comes from, and another address of its API if it has one."""

    environ: Mapping[str, str]
    api: str = ""


def release_steps(
    publication: Publication,
    *,
    registration: Registration | None = None,
    push: bool = False,
    again: bool = False,
    packaged: bool = False,
    rehearsal: bool = False,
    notes: NotesAsked | None = None,
) -> tuple[ReleaseStep, ...]:
    """Return the steps.

    Args:
        publication: what is published, and where.
        registration: how it is registered, if that is asked for.
        push: push the branch and the tags, where there is a remote.
        again: make a request once more that the CNB registry has refused.
        packaged: publish the packages that are given in dist/, and make none.
        rehearsal: leave git alone: no branch, no tag.
        notes: how release notes are published on the forge, if that is asked for.
    """
    packages = Packages(publication.dist, publication.line.say, given=packaged)
    published = PackagesPublished(packages, publication)
    steps = (
        WorkTreeCommitted(),
        Versions(),
        VersionsBumped(),
        LastRelease(),
        Checks(),
        Addresses(),
        Branch(push),
        packages,
        Tags(),
        published,
        Verification(published),
        PushedTags(push),
        NotesPublished(published, notes.environ if notes else None, notes.api if notes else ""),
        Registered(published, registration, again),
    )
    if rehearsal:
        left_out = (Branch, Tags, PushedTags, NotesPublished, Registered)
        return tuple(step for step in steps if not isinstance(step, left_out))
    return steps


def require_rehearsal(destination: Destination, *, gives_away: bool) -> None:
    """Raise UsageError unless all that a rehearsal does stays on this machine."""
    if gives_away:
        advice = "Leave out --push and --register."
        raise UsageError("a rehearsal pushes and registers nothing", advice=advice)
    if isinstance(destination, Path) or reach_of_host(hostname(destination.registry)) is Reach.MACHINE:
        return
    raise UsageError(
        f"{destination.registry} is not on this machine: what is published there is no rehearsal",
        advice="Give a registry or a directory here: --to localhost:5000/strata, --to oci:DIRECTORY.",
    )
