"""The tasks that keep up with what others release: runtimes.show, runtimes.update, tools.update."""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildpack_release.tasks.command import UPDATE, command
from buildpack_release.tasks.edge import print_edit, print_json, print_text, root_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from invoke.context import Context

    from buildpack_release.versions.edits import Edit


@command(UPDATE, name="show", help={"json": "print data for programs"})
def runtimes_show(context: Context, json: bool = False) -> None:
    """Show the lines of Python that can be had."""
    from datetime import datetime, timezone

    from buildpack_release.runtimes.catalogue_report import show, show_data
    from buildpack_release.runtimes.update_command import read_catalogue

    catalogue = read_catalogue(root_of(context))
    if json:
        print_json(show_data(catalogue))
    else:
        print_text(show(catalogue, datetime.now(timezone.utc).date()))


_JSON_HELP = "print data for programs"
_DIFF_HELP = "print the differences and write nothing"


def _carry_out(root: Path, prepare: Callable[[Path], Edit], *, dry_run: bool, json: bool) -> None:
    """Show an edit of the repository's files, or make it and say what comes next."""
    from buildpack_release.progress import say
    from buildpack_release.versions.edits import begin

    begin(root, dry_run=dry_run, report=say)
    edit = prepare(root)
    for line in edit.summary:
        say(line)
    if dry_run:
        print_edit((), edit.diff(), json=json)
        return
    print_edit(edit.write(), "", json=json)
    if edit.replacements:
        say(f"Next: {edit.advice}")


@command(
    UPDATE,
    writes=True,
    name="update",
    help={
        "tool": "only this tool",
        "version": "this release of the tool, instead of the newest",
        "all": "update vendored libraries as well, which are only listed otherwise",
        "dry-run": _DIFF_HELP,
        "json": _JSON_HELP,
    },
)
def tools_update(
    context: Context,
    tool: str = "",
    version: str = "",
    all: bool = False,  # noqa: A002  the option's name
    dry_run: bool = False,
    json: bool = False,
) -> None:
    """Lock the newest tools, and list what is outdated."""
    from buildpack_release.progress import say
    from buildpack_release.updates.update import prepare_update

    say("Asking the package index, through pip")
    _carry_out(
        root_of(context),
        lambda root: prepare_update(root, tool=tool, version=version, libraries=all),
        dry_run=dry_run,
        json=json,
    )


@command(UPDATE, writes=True, name="update", help={"dry-run": _DIFF_HELP, "json": _JSON_HELP})
def runtimes_update(context: Context, dry_run: bool = False, json: bool = False) -> None:
    """Add newly published Pythons to the catalogue."""
    from buildpack_release.progress import say
    from buildpack_release.runtimes.update_command import prepare_update

    say("Reading what is published, through pip (some 10 MB)")
    _carry_out(root_of(context), prepare_update, dry_run=dry_run, json=json)
