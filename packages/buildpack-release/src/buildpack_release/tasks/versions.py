"""The tasks about versions and changelogs: version.show, next, bump, check."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from buildpack_release.errors import CheckFailed
from buildpack_release.tasks.command import VERSIONS, command
from buildpack_release.tasks.edge import print_edit, print_json, print_text, root_of

if TYPE_CHECKING:
    from invoke.context import Context


@command(VERSIONS, name="show", help={"json": "print data for programs"})
def version_show(context: Context, json: bool = False) -> None:
    """Show the versions, and what is Unreleased."""
    from buildpack_release.model.repository import Repository
    from buildpack_release.model.settings import read_versioning
    from buildpack_release.versions.member import read_members
    from buildpack_release.versions.versions_report import show, show_data

    repository = Repository.discover(root_of(context))
    read_versioning(repository.root)  # versions that are given in an unknown way are shown to nobody
    members = read_members(repository)
    if json:
        print_json(show_data(members))
    else:
        print_text(show(members))


_KIND_HELP = (
    "major, minor or patch, instead of what the changelogs say; ID=KIND for one buildpack; may be repeated"
)
_FORCE_HELP = "allow a smaller kind than the changelogs ask for"


@command(
    VERSIONS,
    name="next",
    iterable=["kind"],
    help={"kind": _KIND_HELP, "force": _FORCE_HELP, "json": "print data for programs"},
)
def version_next(
    context: Context, kind: list[str] | None = None, force: bool = False, json: bool = False
) -> None:
    """Infer the next versions from the changelogs."""
    from buildpack_release.model.repository import Repository
    from buildpack_release.progress import say
    from buildpack_release.versions.bump import infer
    from buildpack_release.versions.inference import KindChoice
    from buildpack_release.versions.versions_report import next_data, next_table, notes

    inferred = infer(Repository.discover(root_of(context)), KindChoice.parse(kind or (), force=force))
    if json:
        print_json(next_data(inferred))
        return
    print_text(next_table(inferred))
    for note in notes(inferred):
        say(note)


@command(
    VERSIONS,
    writes=True,
    name="bump",
    iterable=["kind"],
    help={
        "kind": _KIND_HELP,
        "force": _FORCE_HELP,
        "date": "the day of the release, YYYY-MM-DD (default: of SOURCE_DATE_EPOCH, else today)",
        "dry-run": "print the differences and write nothing",
        "json": "print data for programs",
    },
)
def version_bump(
    context: Context,
    kind: list[str] | None = None,
    force: bool = False,
    date: str = "",
    dry_run: bool = False,
    json: bool = False,
) -> None:
    """Write the next versions and their changelog entries."""
    from buildpack_release.progress import say
    from buildpack_release.versions.bump_command import bump, preview
    from buildpack_release.versions.inference import KindChoice
    from buildpack_release.versions.release_date import release_date

    choice = KindChoice.parse(kind or (), force=force)
    day = release_date(date, os.environ)
    if dry_run:
        print_edit((), preview(root_of(context), day, choice, report=say), json=json)
        return
    print_edit(bump(root_of(context), day, choice, report=say), "", json=json)


@command(
    VERSIONS,
    name="check",
    help={
        "base": "the revision to compare with, usually a branch (default: origin/HEAD, origin/main ...)",
        "json": "print data for programs",
    },
)
def version_check(context: Context, base: str = "", json: bool = False) -> None:
    """Check that versions agree and changes are announced."""
    from buildpack_release.model.repository import Repository
    from buildpack_release.progress import say
    from buildpack_release.versions.versions_check import check_versions

    repository = Repository.discover(root_of(context))
    report = check_versions(repository, base)
    if json:
        print_json(report.data(repository))
    else:
        for finding in report.findings:
            print_text(str(finding))
    for path in report.unannounced:
        say(f"Not announced, as its commits say (Changelog: none): {path}")
    if not report.ok:
        raise CheckFailed(f"the check of versions and changelogs has failed: {report.summary}")
    say(f"Versions and changelogs are in order: {report.summary}")
