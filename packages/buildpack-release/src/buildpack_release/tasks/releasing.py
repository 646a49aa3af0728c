"""The task that does whatever is missing until all is released: release."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING

from buildpack_release.tasks.command import PUBLISH, command
from buildpack_release.tasks.edge import print_json, print_text, root_of
from buildpack_release.tasks.publishing import PUBLISH_HELP, SIGN_HELP, publication_of, registration_of

if TYPE_CHECKING:
    from invoke.context import Context


@command(
    PUBLISH,
    writes=True,
    help={
        **{name: PUBLISH_HELP[name] for name in ("to", "json", "insecure")},
        "register": "request entries in the CNB registry as well (see publish.register)",
        "sign": SIGN_HELP,
        "push": "push the branch and the tags, where there is a remote",
        "notes": "publish release notes on the forge, with the token in GITHUB_TOKEN or GITLAB_TOKEN",
        "notes-api": "with --notes: another base address of the forge's API",
        "rehearse": "try it with a registry or a directory of this machine; git is left alone",
        "branch": "where releases are made from (default: the remote's default branch)",
        "yes": "do it without asking",
        "dry-run": "show how things stand and what would be done; write nothing",
        "packaged": "publish the packages that somebody else has made in dist/; make none",
        "again": "with --register: ask once more for what was refused",
        "api": "with --register: another base address of the code host's API",
    },
)
def release(
    context: Context,
    to: str = "",
    register: bool = False,
    sign: str = "",
    push: bool = False,
    notes: bool = False,
    notes_api: str = "",
    rehearse: bool = False,
    branch: str = "",
    yes: bool = False,
    dry_run: bool = False,
    json: bool = False,
    insecure: bool = False,
    again: bool = False,
    packaged: bool = False,
    api: str = "",
) -> None:
    """Do whatever is missing until all is released."""
    from buildpack_release.progress import say
    from buildpack_release.publish.destination import shown
    from buildpack_release.releasing.agreement import Agreement
    from buildpack_release.releasing.converge import converge, derive
    from buildpack_release.releasing.release import NotesAsked, release_steps, require_rehearsal
    from buildpack_release.releasing.release_report import status_data, status_table
    from buildpack_release.releasing.release_state import read_release_state
    from buildpack_release.releasing.what_follows import what_follows

    root = root_of(context)
    publication = publication_of(root, to, None, insecure=insecure, sign=sign)

    if rehearse:
        require_rehearsal(publication.destination, gives_away=push or register)
    with ExitStack() as stack:
        registration = None
        if register:
            public = publication_of(root, to, None, insecure=insecure, anonymous=True)
            registration = stack.enter_context(registration_of(public, api))
        steps = release_steps(
            publication,
            registration=registration,
            push=push,
            again=again,
            packaged=packaged,
            rehearsal=rehearse,
            notes=NotesAsked(os.environ, notes_api) if notes else None,
        )
        if dry_run:
            _, status = derive(steps, lambda: read_release_state(root, branch))
        else:
            agreement = Agreement(f"Release to {shown(publication.destination)}?", yes=yes)
            status = converge(steps, lambda: read_release_state(root, branch), agreement, say=say)
    if json:
        print_json(status_data(status))
    else:
        print_text(status_table(status))
    status.raise_for(planned=dry_run)
    if publication.signer.unsigned:
        say(f"not signed: {publication.signer.unsigned}")
    if not status.is_released:
        say("Go on: the same command without --dry-run")
        return
    say("Rehearsed: nothing has left this machine." if rehearse else "Released.")
    told = what_follows(steps, read_release_state(root, branch), notes=notes)
    if told.commands:
        say(told.commands)
    if not json:
        print_text(told.notes)
