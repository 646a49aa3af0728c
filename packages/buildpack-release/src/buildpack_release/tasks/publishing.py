"""The tasks about registries: publish.plan, publish (run), publish.verify, publish.register."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_release.errors import CheckFailed
from buildpack_release.tasks.command import PUBLISH, command
from buildpack_release.tasks.edge import print_json, print_text, root_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from invoke.context import Context

    from buildpack_release.publish.cosign import Signatory
    from buildpack_release.publish.publication import Publication
    from buildpack_release.publish.publish_plan import Plan
    from buildpack_release.registration.registrar import RequestStatus
    from buildpack_release.registration.registration import Registration


# The options that the tasks about publishing share.
PUBLISH_HELP = {
    "to": "REGISTRY/NAMESPACE, or oci:DIRECTORY for layouts that other tools push",
    "id": "a buildpack, with what it contains; may be repeated (default: all)",
    "json": "print data for programs",
    "insecure": "allow plain HTTP and unverified TLS for this registry",
}
_VARIANT_HELP = "the kind of packages: offline, self-contained or self-contained-offline (default: ordinary)"
_DEEP_HELP = "look for the parts of published packages as well, which a registry may lose; read back all"
SIGN_HELP = "sign with cosign: a key as it takes one, keyless, or no (default: STRATA_SIGN, pyproject.toml)"


def publication_of(
    root: Path,
    to: str,
    ids: list[str] | None,
    *,
    insecure: bool,
    anonymous: bool = False,
    variant: str = "",
    sign: str = "no",
    signatory: Signatory | None = None,
    deep: bool = False,
) -> Publication:
    """Return what the options of such a task mean."""
    from buildpack_release.files.cache import cache_directory
    from buildpack_release.model.repository import Repository
    from buildpack_release.model.settings import PublishSettings, SigningSettings
    from buildpack_release.publish.destination import parse_destination
    from buildpack_release.publish.publication import Publication
    from buildpack_release.publish.signing import choose_check, choose_signer
    from buildpack_release.publish.tags import MovingTags
    from oci_registry.remote.known_registries import KnownRegistries
    from oci_registry.remote.registries import connection

    destination = parse_destination(to)
    hosts = () if isinstance(destination, Path) or not insecure else (destination.registry,)
    connect = connection(insecure=hosts, anonymous=anonymous)
    settings = SigningSettings.read(root)
    signer = choose_signer(sign, settings, destination, os.environ, insecure=insecure)
    check = None
    if signatory is not None:
        check = choose_check(signatory, settings, destination, os.environ, insecure=insecure)
    repository = Repository.discover(root)
    publish = PublishSettings.read(root)
    return Publication(
        repository,
        destination,
        root / "dist",
        ids or (),
        connect,
        variant=variant,
        signer=signer,
        check=check,
        documents=publish.documents,
        moving=MovingTags(publish.moving_tags),
        deep=deep,
        known=KnownRegistries(cache_directory() / "without-referrers"),
    )


@command(
    PUBLISH,
    argument="id",
    name="plan",
    iterable=["id"],
    help={**PUBLISH_HELP, "variant": _VARIANT_HELP, "sign": SIGN_HELP, "deep": _DEEP_HELP},
)
def publish_plan(
    context: Context,
    to: str = "",
    id: list[str] | None = None,  # noqa: A002  the option's name
    json: bool = False,
    insecure: bool = False,
    variant: str = "",
    sign: str = "",
    deep: bool = False,
) -> None:
    """Show what publishing would do; write nothing."""
    from buildpack_release.publish.publication import refuse_conflicts
    from buildpack_release.publish.publish_report import plan_data, plan_text

    publication = publication_of(
        root_of(context), to, id, insecure=insecure, variant=variant, sign=sign, deep=deep
    )
    plan = publication.plan()
    if json:
        print_json(plan_data(plan))
    else:
        print_text(plan_text(plan))
    refuse_conflicts(plan)


@command(
    PUBLISH,
    argument="id",
    writes=True,
    name="run",
    iterable=["id"],
    help={
        **PUBLISH_HELP,
        "variant": _VARIANT_HELP,
        "yes": "publish without asking",
        "dry-run": "show the plan and write nothing",
        "sign": SIGN_HELP,
        "deep": _DEEP_HELP,
    },
)
def publish_run(
    context: Context,
    to: str = "",
    id: list[str] | None = None,  # noqa: A002  the option's name
    yes: bool = False,
    dry_run: bool = False,
    json: bool = False,
    insecure: bool = False,
    variant: str = "",
    sign: str = "",
    deep: bool = False,
) -> None:
    """Publish dist/: plan, ask, push, verify, tag."""
    from buildpack_release.progress import say
    from buildpack_release.publish.confirm import confirm
    from buildpack_release.publish.publication import refuse_conflicts
    from buildpack_release.publish.publish_report import (
        next_command,
        plan_text,
        refusal_lines,
        result_data,
        result_table,
        signing_line,
    )

    if dry_run:
        publish_plan.body(context, to, id, json, insecure, variant, sign, deep)
        return

    def agree(plan: Plan) -> None:
        say(plan_text(plan))
        refuse_conflicts(plan)
        if not yes and not plan.is_done:
            confirm(f"Publish to {plan.destination}?", terminal=sys.stdin, say=say)

    publication = publication_of(
        root_of(context), to, id, insecure=insecure, variant=variant, sign=sign, deep=deep
    )
    results = publication.publish(agree)
    told = signing_line(results, publication.signer)
    say(f"\n{result_table(results)}{refusal_lines(results)}{told}Check it: {next_command(to, results)}")
    if json:
        print_json(result_data(results))
        return
    for result in results:
        print_text(result.address)


@command(
    PUBLISH,
    argument="id",
    name="verify",
    iterable=["id"],
    help={
        **PUBLISH_HELP,
        "variant": _VARIANT_HELP,
        "anonymous": "use no credentials: see what everybody sees",
        "key": "verify that all is signed with this key (with cosign, as its --key takes it)",
        "identity": "verify that all is signed by this identity, for which --issuer vouches",
        "issuer": "the address of who vouches for --identity",
    },
)
def publish_verify(
    context: Context,
    to: str = "",
    id: list[str] | None = None,  # noqa: A002  the option's name
    anonymous: bool = False,
    json: bool = False,
    insecure: bool = False,
    variant: str = "",
    key: str = "",
    identity: str = "",
    issuer: str = "",
) -> None:
    """Read back everything that is published."""
    from buildpack_release.progress import say
    from buildpack_release.publish.cosign import Signatory
    from buildpack_release.publish.publication import summary
    from buildpack_release.publish.publish_report import not_checked, verified_data, verified_table

    publication = publication_of(
        root_of(context),
        to,
        id,
        insecure=insecure,
        anonymous=anonymous,
        variant=variant,
        signatory=Signatory(key, identity, issuer),
    )
    verified = publication.verify()
    if json:
        print_json(verified_data(verified))
    else:
        print_text(verified_table(verified))
    if any(one.problems for one in verified):
        raise CheckFailed(f"what is published is not right: {summary(verified)}")
    say(f"What is published is right: {summary(verified)}{not_checked(verified)}")


@contextmanager
def registration_of(publication: Publication, api: str, *, patience: float = 10.0) -> Iterator[Registration]:
    """Return where what is published is registered, and as whom; `patience` is in minutes."""
    from buildpack_release.progress import say
    from buildpack_release.registration.api import GITHUB, Api
    from buildpack_release.registration.registrar import Registrar
    from buildpack_release.registration.registration import Registration, token_from
    from buildpack_release.registration.registry_index import Index

    with Api(api or GITHUB, token=token_from(os.environ), report=say) as client:
        yield Registration(publication, Registrar(Index(client), patience * 60))


@command(
    PUBLISH,
    argument="id",
    writes=True,
    name="register",
    iterable=["id"],
    help={
        **{name: PUBLISH_HELP[name] for name in ("to", "id", "json")},
        "open": "make the requests, with the token in GITHUB_TOKEN, and wait for the answers",
        "yes": "with --open: make them without asking",
        "again": "with --open: ask once more for what was refused",
        "patience": "how long to wait for each answer, in minutes (default: 10)",
        "api": "another base address of the code host's API",
    },
)
def publish_register(
    context: Context,
    to: str = "",
    id: list[str] | None = None,  # noqa: A002  the option's name
    open: bool = False,  # noqa: A002  the option's name
    yes: bool = False,
    again: bool = False,
    patience: float = 10.0,
    json: bool = False,
    api: str = "",
) -> None:
    """Request entries in the CNB registry, or show how."""
    from buildpack_release.progress import say
    from buildpack_release.publish.confirm import confirm
    from buildpack_release.registration.registration_report import request_data, request_table, requests_text

    def agree(statuses: tuple[RequestStatus, ...]) -> None:
        say(f"{request_table(statuses)}")
        if not yes:
            confirm("Make these public requests?", terminal=sys.stdin, say=say)

    publication = publication_of(root_of(context), to, id, insecure=False, anonymous=True)
    with registration_of(publication, api, patience=patience) as registration:
        statuses = registration.carry_out(agree, again=again) if open else registration.look()
    if json:
        print_json(request_data(statuses))
    else:
        say(f"\n{request_table(statuses)}")
        print_text(requests_text(statuses))
    if problem := next((one.problem for one in statuses if one.problem), ""):
        raise CheckFailed(
            problem, advice="Publish to a registry that everybody can read from, and register that."
        )
