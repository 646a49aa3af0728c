"""The way in: the steps of a release, in their order."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_release.errors import UsageError
from buildpack_release.releasing.package_steps import Packages, PackagesPublished, Registered, Verification
from buildpack_release.releasing.source_steps import (
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
    from buildpack_release.publish.destination import Destination
    from buildpack_release.publish.publication import Publication
    from buildpack_release.registration.registration import Registration
    from buildpack_release.releasing.step import ReleaseStep


def release_steps(
    publication: Publication,
    *,
    registration: Registration | None = None,
    push: bool = False,
    again: bool = False,
    packaged: bool = False,
    rehearsal: bool = False,
) -> tuple[ReleaseStep, ...]:
    """Return the steps.

    Args:
        publication: what is published, and where.
        registration: how it is registered, if that is asked for.
        push: push the branch and the tags, where there is a remote.
        again: make a request once more that the CNB registry has refused.
        packaged: publish the packages that are given in dist/, and make none.
        rehearsal: leave git alone: no branch, no tag.
    """
    packages = Packages(publication.dist, publication.line.say, given=packaged)
    published = PackagesPublished(packages, publication)
    steps = (
        WorkTreeCommitted(),
        Versions(),
        VersionsBumped(),
        LastRelease(),
        Checks(),
        Branch(push),
        packages,
        Tags(),
        published,
        Verification(published),
        PushedTags(push),
        Registered(published, registration, again),
    )
    if rehearsal:
        return tuple(step for step in steps if not isinstance(step, (Branch, Tags, PushedTags, Registered)))
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
