"""The way in: the steps of a release, in their order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildpack_release.releasing.package_steps import Packages, PackagesPublished, Registered, Verification
from buildpack_release.releasing.source_steps import (
    Branch,
    Checks,
    Versions,
    VersionsBumped,
    WorkTreeCommitted,
)
from buildpack_release.releasing.tag_steps import LastRelease, PushedTags, Tags

if TYPE_CHECKING:
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
) -> tuple[ReleaseStep, ...]:
    """Return the steps.

    Args:
        publication: what is published, and where.
        registration: how it is registered, if that is asked for.
        push: push the branch and the tags, where there is a remote.
        again: make a request once more that the CNB registry has refused.
        packaged: publish the packages that are given in dist/, and make none.
    """
    packages = Packages(publication.dist, publication.line.say, given=packaged)
    published = PackagesPublished(packages, publication)
    return (
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
