"""Strata: work on the buildpacks of this repository.

Each task parses its options, calls one function of `buildpack_release` and prints. Results go to stdout,
progress and errors to stderr; how a task ends is in the table of exit codes of `buildpack_release.errors`.
"""

# What only one task needs is imported in that task, so that each starts fast.
# ruff: noqa: PLC0415

from __future__ import annotations

import os
import shlex
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from invoke.collection import Collection
from invoke.exceptions import Exit
from invoke.tasks import task

ROOT = Path(__file__).parent

# The libraries of this checkout, whatever else is installed; an environment needs only what they require.
if (ROOT / "packages/buildpack-release/src").is_dir():
    sys.path[:0] = [str(source) for source in sorted(ROOT.glob("packages/*/src"))]

from buildpack_release.errors import CheckFailed, ExitCode, ReleaseError, UsageError  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from invoke.context import Context

    from buildpack_release.publish.plan import Plan
    from buildpack_release.publish.publication import Publication
    from buildpack_release.registration.registrar import Standing
    from buildpack_release.registration.registration import Registration
    from buildpack_release.releasing.status import Status
    from buildpack_release.versions.edits import Edit

# Invoke turns bytecode off for everything; each start would compile our library anew (a third of a second).
sys.dont_write_bytecode = bool(os.environ.get("PYTHONDONTWRITEBYTECODE"))


def _fail(message: str, code: ExitCode) -> Exit:
    from buildpack_release.redact import redact

    print(f"Error: {redact(message)}", file=sys.stderr)
    return Exit(code=code)


def _what_is_missing(error: ModuleNotFoundError) -> str:
    """Say which libraries this Python lacks, and how it gets them. Raises the error itself if it has all."""
    sys.path.append(str(ROOT / "scripts"))
    from environments import SetupError, missing, requirements

    try:
        lacking = missing(requirements(ROOT, "release"))
    except (ImportError, SetupError):
        lacking = {str(error.name): str(error.name)}  # nothing here that reads TOML or compares versions
    if not lacking:
        raise error
    wanted = shlex.join(lacking.values())
    return (
        f"this Python ({sys.executable}) lacks what the tasks need: {', '.join(lacking)}\n"
        f"Install it: {shlex.quote(sys.executable)} -m pip install {wanted}\n"
        f"Or use what has it: {ROOT / 'scripts' / 'inv'}"
    )


@contextmanager
def one_clear_error() -> Iterator[None]:
    """Turn an expected fault into a message on stderr and its exit code; for every task, as a decorator."""
    try:
        yield
        sys.stdout.flush()
    except ReleaseError as error:
        raise _fail(str(error), error.exit_code) from None
    except ModuleNotFoundError as error:
        raise _fail(_what_is_missing(error), ExitCode.MISSING_TOOL) from None
    except KeyboardInterrupt:
        raise _fail("interrupted", ExitCode.INTERRUPTED) from None
    except BrokenPipeError:
        # Nobody reads any more; the interpreter must not complain when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise Exit(code=ExitCode.BROKEN_PIPE) from None
    except OSError as error:
        where = f"{os.fsdecode(error.filename)}: " if error.filename else ""
        raise _fail(f"{where}{error.strerror or error}", ExitCode.FAILED) from None


def _print_json(data: object) -> None:
    import json

    print(json.dumps(data, indent=2, default=str))


@task(name="list", help={"json": "print data for programs"})
@one_clear_error()
def list_buildpacks(_context: Context, json: bool = False) -> None:
    """List the buildpacks of this repository."""
    from buildpack_release.listing import listing, listing_data
    from buildpack_release.model.repository import Repository

    repository = Repository.discover(ROOT)
    if json:
        _print_json(listing_data(repository))
    else:
        print(listing(repository), end="")


@task(help={"format": "text (default) or mermaid"})
@one_clear_error()
def graph(_context: Context, format: str = "text") -> None:  # noqa: A002  the option's name
    """Show which buildpack contains which."""
    from buildpack_release.drawing import draw_mermaid, draw_text
    from buildpack_release.model.repository import Repository

    drawings = {"text": draw_text, "mermaid": draw_mermaid}
    if format not in drawings:
        raise UsageError(f'there is no format "{format}"', advice=f"One of: {', '.join(drawings)}.")
    print(drawings[format](Repository.discover(ROOT)), end="")


@task(help={"json": "print data for programs"})
@one_clear_error()
def check(_context: Context, json: bool = False) -> None:
    """Check all files; prove that the build plans fit."""
    from buildpack_release.checking.check import check as check_repository
    from buildpack_release.model.repository import Repository

    report = check_repository(Repository.survey(ROOT))
    if json:
        _print_json(report.data())
    else:
        for line in report.lines():
            print(line)
    if not report.ok:
        raise CheckFailed(f"the check has failed: {report.summary}")
    print(f"The check has passed: {report.summary}", file=sys.stderr)


_BYTECODE_HELP = (
    "a CPython to compile bytecode with: an archive, or a line (3.14) or version to fetch;"
    " may be repeated (default: STRATA_BYTECODE_FROM)"
)


@task(
    iterable=["id", "bytecode_from"],
    help={
        "id": "a buildpack to assemble; may be repeated (default: all)",
        "bytecode-from": _BYTECODE_HELP,
    },
)
@one_clear_error()
def build(
    _context: Context,
    id: list[str] | None = None,  # noqa: A002  the option's name
    bytecode_from: list[str] | None = None,
) -> None:
    """Assemble buildpacks in build/, ready to be run."""
    from buildpack_release.bytecode.option import parse_bytecode_from
    from buildpack_release.errors import shown_path
    from buildpack_release.model.repository import Repository
    from buildpack_release.packaging.assemble import assemble_all

    given = parse_bytecode_from(bytecode_from or (), os.environ)
    for folder in assemble_all(Repository.discover(ROOT), id or (), ROOT / "build", bytecode_from=given):
        print(shown_path(folder))


@task(
    iterable=["id", "target", "interpreter", "python", "bytecode_from"],
    help={
        "id": "a buildpack to package, with what it contains; may be repeated (default: all)",
        "target": "os/arch to package for; may be repeated (default: all that are declared)",
        "interpreter": "make self-contained packages with this CPython archive: linux/amd64=FILE",
        "offline": "make packages that carry Pythons for apps (some 30 MB each), for builds without network",
        "python": "with --offline: a line (3.13) or version; may be repeated (default: all supported lines)",
        "runtimes": "with --offline: a catalogue of your own, instead of the buildpack's runtimes.toml",
        "bytecode-from": _BYTECODE_HELP,
        "strict": "fail if bytecode for one of the Pythons cannot be made on this machine",
    },
)
@one_clear_error()
def package(  # noqa: PLR0917  each parameter is an option
    _context: Context,
    id: list[str] | None = None,  # noqa: A002  the option's name
    target: list[str] | None = None,
    interpreter: list[str] | None = None,
    offline: bool = False,
    python: list[str] | None = None,
    runtimes: str = "",
    bytecode_from: list[str] | None = None,
    strict: bool = False,
) -> None:
    """Package buildpacks into dist/ (.cnb, OCI layouts)."""
    from buildpack_release.bytecode.option import parse_bytecode_from
    from buildpack_release.embedded.options import parse_interpreters, parse_offline
    from buildpack_release.errors import shown_path
    from buildpack_release.model.repository import Repository
    from buildpack_release.model.targets import Target
    from buildpack_release.packaging.package import package as package_buildpacks
    from buildpack_release.packaging.package_report import artefacts, carried, next_command, table

    targets = [Target.parse(text) for text in target or ()]
    outcomes = package_buildpacks(
        Repository.discover(ROOT),
        id or (),
        dist=ROOT / "dist",
        build=ROOT / "build",
        targets=targets,
        archives=parse_interpreters(interpreter or (), targets),
        offline=parse_offline(python or (), runtimes, os.environ, offline=offline),
        strict=strict,
        bytecode_from=parse_bytecode_from(bytecode_from or (), os.environ),
    )
    summary = f"{table(outcomes)}\n{carried(outcomes)}Try it: {next_command(outcomes, ROOT / 'dist')}"
    print(f"\n{summary}", file=sys.stderr)
    for path in artefacts(outcomes, ROOT / "dist"):
        print(shown_path(path))


@task(
    name="try",
    positional=["path"],
    iterable=["env"],
    help={
        "path": "the directory of the app",
        "builder-order": "the buildpack to build with",
        "env": "a user variable, NAME=VALUE; may be repeated",
        "clear": "forget what earlier builds of this app left for reuse",
        "run": "a process type or a command to start in the image",
        "runtime": (
            "local (this machine's CPythons; the default if there are any), standalone (real archives of a "
            "few versions, by way of the Go module proxy) or download"
        ),
        "keep": "keep the layers and the app as the build left them, and say where",
    },
)
@one_clear_error()
def try_app(  # noqa: PLR0917  each parameter is an option
    _context: Context,
    path: str,
    builder_order: str = "strata/python",
    env: list[str] | None = None,
    clear: bool = False,
    run: str = "",
    runtime: str = "",
    keep: bool = False,
) -> None:
    """Build an app on this machine and show what came out."""
    from buildpack_release.model.repository import Repository
    from buildpack_release.progress import say
    from buildpack_testing.try_app import Trial, parse_source, parse_variables
    from buildpack_testing.try_app import try_app as build_and_show

    trial = Trial(
        Path(path), builder_order, parse_variables(env or []), clear, run, parse_source(runtime), keep
    )
    code = build_and_show(Repository.discover(ROOT), trial, write=sys.stdout.write, report=say)
    if code:
        raise Exit(code=code)


@task(positional=["path"], help={"path": "the directory of an app of your own (default: the Flask sample)"})
@one_clear_error()
def demo(_context: Context, path: str = "") -> None:
    """Package, build a sample app, show its layers."""
    from buildpack_release.model.repository import Repository
    from buildpack_release.progress import say
    from buildpack_testing.demo import Demo

    Demo(Repository.discover(ROOT), write=sys.stdout.write, report=say).run(Path(path) if path else None)


@task(
    name="create",
    positional=["config"],
    iterable=["insecure"],
    help={
        "config": "a builder.toml, as pack reads it",
        "to": "a reference with its registry, or a directory for an OCI layout",
        "insecure": "a registry (host[:port]) that may lack trusted TLS; may be repeated",
    },
)
@one_clear_error()
def builder_create(_context: Context, config: str, to: str, insecure: list[str] | None = None) -> None:
    """Compose a builder image of its parts."""
    from buildpack_release.builder.create import create_builder
    from buildpack_release.builder.summary import address, summary

    created = create_builder(Path(config), to, dist=ROOT / "dist", insecure=insecure or ())
    print(f"\n{summary(created)}", file=sys.stderr)
    print(address(created))


@task(
    name="check",
    positional=["config"],
    iterable=["insecure"],
    help={
        "config": "a builder.toml, as pack reads it",
        "json": "print data for programs",
        "insecure": "a registry (host[:port]) that may lack trusted TLS; may be repeated",
    },
)
@one_clear_error()
def builder_check(
    _context: Context, config: str, json: bool = False, insecure: list[str] | None = None
) -> None:
    """Check a builder's parts; prove that its plans fit."""
    from buildpack_release.builder.check import check_builder

    report = check_builder(Path(config), root=ROOT, insecure=insecure or ())
    if json:
        _print_json(report.data())
    else:
        for line in report.lines():
            print(line)
    if not report.ok:
        raise CheckFailed(f"the check has failed: {report.summary}")
    print(f"The check has passed: {report.summary}", file=sys.stderr)


@task(name="show", help={"json": "print data for programs"})
@one_clear_error()
def version_show(_context: Context, json: bool = False) -> None:
    """Show the versions, and what is Unreleased."""
    from buildpack_release.model.repository import Repository
    from buildpack_release.versions.member import read_members
    from buildpack_release.versions.report import show, show_data

    members = read_members(Repository.discover(ROOT))
    if json:
        _print_json(show_data(members))
    else:
        print(show(members), end="")


_KIND_HELP = (
    "major, minor or patch, instead of what the changelogs say; ID=KIND for one buildpack; may be repeated"
)
_FORCE_HELP = "allow a smaller kind than the changelogs ask for"


@task(
    name="next",
    iterable=["kind"],
    help={"kind": _KIND_HELP, "force": _FORCE_HELP, "json": "print data for programs"},
)
@one_clear_error()
def version_next(
    _context: Context, kind: list[str] | None = None, force: bool = False, json: bool = False
) -> None:
    """Infer the next versions from the changelogs."""
    from buildpack_release.model.repository import Repository
    from buildpack_release.progress import say
    from buildpack_release.versions.bump import infer
    from buildpack_release.versions.inference import KindChoice
    from buildpack_release.versions.report import next_data, next_table, notes

    inferred = infer(Repository.discover(ROOT), KindChoice.parse(kind or (), force=force))
    if json:
        _print_json(next_data(inferred))
        return
    print(next_table(inferred), end="")
    for note in notes(inferred):
        say(note)


@task(
    name="bump",
    iterable=["kind"],
    help={
        "kind": _KIND_HELP,
        "force": _FORCE_HELP,
        "date": "the day of the release, YYYY-MM-DD (default: of SOURCE_DATE_EPOCH, else today)",
        "dry-run": "print the differences and write nothing",
    },
)
@one_clear_error()
def version_bump(
    _context: Context,
    kind: list[str] | None = None,
    force: bool = False,
    date: str = "",
    dry_run: bool = False,
) -> None:
    """Write the next versions and their changelog entries."""
    from buildpack_release.errors import shown_path
    from buildpack_release.progress import say
    from buildpack_release.versions.inference import KindChoice
    from buildpack_release.versions.release_date import release_date
    from buildpack_release.versions.run import bump, preview

    choice = KindChoice.parse(kind or (), force=force)
    day = release_date(date, os.environ)
    if dry_run:
        sys.stdout.buffer.write(preview(ROOT, day, choice, report=say).encode())
        return
    for path in bump(ROOT, day, choice, report=say):
        print(shown_path(path))


@task(
    name="check",
    help={
        "base": "the revision to compare with, usually a branch (default: origin/HEAD, origin/main ...)",
        "json": "print data for programs",
    },
)
@one_clear_error()
def version_check(_context: Context, base: str = "", json: bool = False) -> None:
    """Check that versions agree and changes are announced."""
    from buildpack_release.model.repository import Repository
    from buildpack_release.versions.check import check_versions

    repository = Repository.discover(ROOT)
    report = check_versions(repository, base)
    if json:
        _print_json(report.data(repository))
    else:
        for finding in report.findings:
            print(finding)
    for path in report.unannounced:
        print(f"Not announced, as its commits say (Changelog: none): {path}", file=sys.stderr)
    if not report.ok:
        raise CheckFailed(f"the check of versions and changelogs has failed: {report.summary}")
    print(f"Versions and changelogs are in order: {report.summary}", file=sys.stderr)


# The options that the tasks about publishing share.
_PUBLISH_HELP = {
    "to": "REGISTRY/NAMESPACE, or oci:DIRECTORY for layouts that other tools push",
    "id": "a buildpack, with what it contains; may be repeated (default: all)",
    "json": "print data for programs",
    "insecure": "allow plain HTTP and unverified TLS for this registry",
}
_VARIANT_HELP = "the kind of packages: offline, self-contained or self-contained-offline (default: ordinary)"
_SIGN_HELP = "sign with cosign: a key as it takes one, keyless, or no (default: STRATA_SIGN, pyproject.toml)"


def _publication(
    to: str,
    ids: list[str] | None,
    *,
    insecure: bool,
    anonymous: bool = False,
    variant: str = "",
    sign: str = "no",
) -> Publication:
    """Say what the options of such a task mean."""
    from buildpack_release.model.repository import Repository
    from buildpack_release.model.settings import SigningSettings
    from buildpack_release.publish.destination import parse_destination
    from buildpack_release.publish.publication import Publication
    from buildpack_release.publish.signing import choose_signer
    from buildpack_release.registry.registries import connection

    destination = parse_destination(to)
    hosts = () if isinstance(destination, Path) or not insecure else (destination.registry,)
    connect = connection(insecure=hosts, anonymous=anonymous)
    signer = choose_signer(sign, SigningSettings.read(ROOT), destination, os.environ, insecure=insecure)
    repository = Repository.discover(ROOT)
    return Publication(
        repository, destination, ROOT / "dist", ids or (), connect, variant=variant, signer=signer
    )


@task(name="plan", iterable=["id"], help={**_PUBLISH_HELP, "variant": _VARIANT_HELP, "sign": _SIGN_HELP})
@one_clear_error()
def publish_plan(  # noqa: PLR0917  each parameter is an option
    _context: Context,
    to: str = "",
    id: list[str] | None = None,  # noqa: A002  the option's name
    json: bool = False,
    insecure: bool = False,
    variant: str = "",
    sign: str = "",
) -> None:
    """Show what publishing would do; write nothing."""
    from buildpack_release.publish.publication import refuse_conflicts
    from buildpack_release.publish.report import plan_data, plan_text

    plan = _publication(to, id, insecure=insecure, variant=variant, sign=sign).plan()
    if json:
        _print_json(plan_data(plan))
    else:
        print(plan_text(plan), end="")
    refuse_conflicts(plan)


@task(
    name="run",
    iterable=["id"],
    help={
        **_PUBLISH_HELP,
        "variant": _VARIANT_HELP,
        "yes": "publish without asking",
        "dry-run": "show the plan and write nothing",
        "sign": _SIGN_HELP,
    },
)
@one_clear_error()
def publish_run(  # noqa: PLR0917  each parameter is an option
    context: Context,
    to: str = "",
    id: list[str] | None = None,  # noqa: A002  the option's name
    yes: bool = False,
    dry_run: bool = False,
    json: bool = False,
    insecure: bool = False,
    variant: str = "",
    sign: str = "",
) -> None:
    """Publish dist/: plan, ask, push, verify, tag."""
    from buildpack_release.progress import say
    from buildpack_release.publish.confirm import confirm
    from buildpack_release.publish.publication import refuse_conflicts
    from buildpack_release.publish.report import (
        next_command,
        plan_text,
        result_data,
        result_table,
        signing_line,
    )

    if dry_run:
        publish_plan.body(context, to, id, json, insecure, variant, sign)
        return

    def agree(plan: Plan) -> None:
        say(plan_text(plan))
        refuse_conflicts(plan)
        if not yes and not plan.is_done:
            confirm(f"Publish to {plan.destination}?", terminal=sys.stdin, say=say)

    publication = _publication(to, id, insecure=insecure, variant=variant, sign=sign)
    results = publication.publish(agree)
    told = signing_line(results, publication.signer)
    say(f"\n{result_table(results)}{told}Check it: {next_command(to, results)}")
    if json:
        _print_json(result_data(results))
        return
    for result in results:
        print(result.address)


@task(
    name="verify",
    iterable=["id"],
    help={
        **_PUBLISH_HELP,
        "variant": _VARIANT_HELP,
        "anonymous": "use no credentials: see what everybody sees",
    },
)
@one_clear_error()
def publish_verify(  # noqa: PLR0917  each parameter is an option
    _context: Context,
    to: str = "",
    id: list[str] | None = None,  # noqa: A002  the option's name
    anonymous: bool = False,
    json: bool = False,
    insecure: bool = False,
    variant: str = "",
) -> None:
    """Read back everything that is published."""
    from buildpack_release.progress import say
    from buildpack_release.publish.publication import summary
    from buildpack_release.publish.report import verified_data, verified_table

    publication = _publication(to, id, insecure=insecure, anonymous=anonymous, variant=variant)
    verified = publication.verify()
    if json:
        _print_json(verified_data(verified))
    else:
        print(verified_table(verified), end="")
    if any(one.problems for one in verified):
        raise CheckFailed(f"what is published is not right: {summary(verified)}")
    say(f"What is published is right: {summary(verified)}")


@contextmanager
def _registration(publication: Publication, api: str, *, patience: float = 10.0) -> Iterator[Registration]:
    """Say where what is published is registered, and as whom; `patience` is in minutes."""
    from buildpack_release.progress import say
    from buildpack_release.registration.api import GITHUB, Api
    from buildpack_release.registration.index import Index
    from buildpack_release.registration.registrar import Registrar
    from buildpack_release.registration.registration import Registration, token_from

    with Api(api or GITHUB, token=token_from(os.environ), report=say) as client:
        yield Registration(publication, Registrar(Index(client), patience * 60))


@task(
    name="register",
    iterable=["id"],
    help={
        **{name: _PUBLISH_HELP[name] for name in ("to", "id", "json")},
        "open": "make the requests, with the token in GITHUB_TOKEN, and wait for the answers",
        "yes": "with --open: make them without asking",
        "again": "with --open: ask once more for what was refused",
        "patience": "how long to wait for each answer, in minutes (default: 10)",
        "api": "another base address of the code host's API",
    },
)
@one_clear_error()
def publish_register(  # noqa: PLR0917  each parameter is an option
    _context: Context,
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
    from buildpack_release.registration.report import requests_text, standings_data, standings_table

    def agree(standings: tuple[Standing, ...]) -> None:
        say(f"{standings_table(standings)}")
        if not yes:
            confirm("Make these public requests?", terminal=sys.stdin, say=say)

    publication = _publication(to, id, insecure=False, anonymous=True)
    with _registration(publication, api, patience=patience) as registration:
        standings = registration.carry_out(agree, again=again) if open else registration.look()
    if json:
        _print_json(standings_data(standings))
        return
    say(f"\n{standings_table(standings)}")
    print(requests_text(standings), end="")


@task(name="show", help={"json": "print data for programs"})
@one_clear_error()
def runtimes_show(_context: Context, json: bool = False) -> None:
    """Show the lines of Python that can be had."""
    from datetime import datetime, timezone

    from buildpack_release.runtimes.report import show, show_data
    from buildpack_release.runtimes.run import read_catalogue

    catalogue = read_catalogue(ROOT)
    if json:
        _print_json(show_data(catalogue))
    else:
        print(show(catalogue, datetime.now(timezone.utc).date()), end="")


_DIFF_HELP = "print the differences and write nothing"


def _carry_out(prepare: Callable[[], Edit], *, dry_run: bool) -> None:
    """Show an edit of the repository's files, or make it and say what comes next."""
    from buildpack_release.errors import shown_path
    from buildpack_release.progress import say
    from buildpack_release.versions.edits import begin

    begin(ROOT, dry_run=dry_run, report=say)
    edit = prepare()
    for line in edit.summary:
        say(line)
    if dry_run:
        sys.stdout.buffer.write(edit.diff().encode())
        return
    for path in edit.write():
        print(shown_path(path))
    if edit.replacements:
        say(f"Next: {edit.advice}")


@task(
    name="update",
    help={
        "version": "this release of the tool, instead of the newest",
        "all": "update vendored libraries as well, which are only listed otherwise",
        "dry-run": _DIFF_HELP,
    },
)
@one_clear_error()
def tools_update(
    _context: Context,
    version: str = "",
    all: bool = False,  # noqa: A002  the option's name
    dry_run: bool = False,
) -> None:
    """Lock the newest pip, and list what is outdated."""
    from buildpack_release.progress import say
    from buildpack_release.updates.update import prepare_update

    say("Asking the package index, through pip")
    _carry_out(lambda: prepare_update(ROOT, version=version, libraries=all), dry_run=dry_run)


@task(name="update", help={"dry-run": _DIFF_HELP})
@one_clear_error()
def runtimes_update(_context: Context, dry_run: bool = False) -> None:
    """Add newly published Pythons to the catalogue."""
    from buildpack_release.progress import say
    from buildpack_release.runtimes.run import prepare_update

    say("Reading what is published, through pip (some 10 MB)")
    _carry_out(lambda: prepare_update(ROOT), dry_run=dry_run)


@task(
    help={
        **{name: _PUBLISH_HELP[name] for name in ("to", "json", "insecure")},
        "register": "request entries in the CNB registry as well (see publish.register)",
        "sign": _SIGN_HELP,
        "push": "push the branch and the tags, where there is a remote",
        "branch": "where releases are made from (default: the remote's default branch)",
        "yes": "do it without asking",
        "dry-run": "show how things stand and what would be done; write nothing",
        "again": "with --register: ask once more for what was refused",
        "api": "with --register: another base address of the code host's API",
    }
)
@one_clear_error()
def release(  # noqa: PLR0917  each parameter is an option
    _context: Context,
    to: str = "",
    register: bool = False,
    sign: str = "",
    push: bool = False,
    branch: str = "",
    yes: bool = False,
    dry_run: bool = False,
    json: bool = False,
    insecure: bool = False,
    again: bool = False,
    api: str = "",
) -> None:
    """Do whatever is missing until all is released."""
    from buildpack_release.progress import say
    from buildpack_release.publish.confirm import confirm
    from buildpack_release.publish.destination import shown
    from buildpack_release.releasing.converge import converge, derive
    from buildpack_release.releasing.release import release_steps
    from buildpack_release.releasing.report import status_data, status_table
    from buildpack_release.releasing.world import read_world

    publication = _publication(to, None, insecure=insecure, sign=sign)

    def agree(status: Status) -> None:
        say(status_table(status))
        if not yes:
            confirm(f"Release to {shown(publication.destination)}?", terminal=sys.stdin, say=say)

    with ExitStack() as stack:
        registration = None
        if register:
            public = _publication(to, None, insecure=insecure, anonymous=True)
            registration = stack.enter_context(_registration(public, api))
        steps = release_steps(publication, registration=registration, push=push, again=again)
        if dry_run:
            _, status = derive(steps, lambda: read_world(ROOT, branch))
        else:
            status = converge(steps, lambda: read_world(ROOT, branch), agree=agree, say=say)
    if json:
        _print_json(status_data(status))
    else:
        print(status_table(status), end="")
    status.raise_for(planned=dry_run)
    if publication.signer.unsigned:
        say(f"not signed: {publication.signer.unsigned}")
    say("Released." if status.is_released else "Go on: the same command without --dry-run")


publish = Collection("publish", publish_plan, publish_verify, publish_register)
publish.add_task(publish_run, default=True)
version = Collection("version", version_show, version_next, version_bump, version_check)
builder = Collection("builder", builder_create, builder_check)
runtimes = Collection("runtimes", runtimes_show, runtimes_update)
tools = Collection("tools", tools_update)

ns = Collection(
    *(list_buildpacks, graph, check, build, package, try_app, demo, release),
    *(builder, publish, runtimes, tools, version),
)
