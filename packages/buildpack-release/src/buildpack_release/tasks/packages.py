"""The tasks about buildpacks and their packages: list, graph, check, build, package."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from buildpack_release.errors import CheckFailed, UsageError
from buildpack_release.tasks.command import LOOK, MAKE, command
from buildpack_release.tasks.edge import print_json, print_paths, print_text, root_of

if TYPE_CHECKING:
    from invoke.context import Context


@command(LOOK, name="list", help={"json": "print data for programs"})
def list_buildpacks(context: Context, json: bool = False) -> None:
    """List the buildpacks of this repository."""
    from buildpack_release.listing import listing, listing_data
    from buildpack_release.model.repository import Repository

    repository = Repository.discover(root_of(context))
    if json:
        print_json(listing_data(repository))
    else:
        print_text(listing(repository))


@command(LOOK, help={"format": "text (default) or mermaid", "json": "print data for programs"})
def graph(context: Context, format: str = "text", json: bool = False) -> None:  # noqa: A002  the option's name
    """Show which buildpack contains which."""
    from buildpack_release.drawing import draw_mermaid, draw_text
    from buildpack_release.listing import order_data
    from buildpack_release.model.repository import Repository

    drawings = {"text": draw_text, "mermaid": draw_mermaid}
    if format not in drawings:
        raise UsageError(f'there is no format "{format}"', advice=f"One of: {', '.join(drawings)}.")
    repository = Repository.discover(root_of(context))
    if json:
        print_json({one.id: order_data(one) for one in repository.buildpacks})
    else:
        print_text(drawings[format](repository))


@command(LOOK, help={"json": "print data for programs"})
def check(context: Context, json: bool = False) -> None:
    """Check all files; prove that the build plans fit."""
    from buildpack_release.checking.repository_check import check as check_repository
    from buildpack_release.model.repository import Repository
    from buildpack_release.progress import say

    report = check_repository(Repository.survey(root_of(context)))
    if json:
        print_json(report.data())
    else:
        for line in report.lines():
            print_text(line)
    if not report.ok:
        raise CheckFailed(f"the check has failed: {report.summary}")
    say(f"The check has passed: {report.summary}")


_BYTECODE_HELP = (
    "a CPython to compile bytecode with: an archive, or a line (3.14) or version to fetch;"
    " may be repeated (default: STRATA_BYTECODE_FROM)"
)


@command(
    MAKE,
    argument="id",
    writes=True,
    iterable=["id", "bytecode_from"],
    help={
        "id": "a buildpack to assemble; may be repeated (default: all)",
        "bytecode-from": _BYTECODE_HELP,
        "json": "print data for programs",
    },
)
def build(
    context: Context,
    id: list[str] | None = None,  # noqa: A002  the option's name
    bytecode_from: list[str] | None = None,
    json: bool = False,
) -> None:
    """Assemble buildpacks in build/, ready to be run."""
    from buildpack_release.bytecode.option import parse_bytecode_from
    from buildpack_release.model.repository import Repository
    from buildpack_release.packaging.assemble import assemble_all

    given = parse_bytecode_from(bytecode_from or (), os.environ)
    folders = assemble_all(
        Repository.discover(root_of(context)), id or (), root_of(context) / "build", bytecode_from=given
    )
    print_paths(folders, json=json)


@command(
    MAKE,
    argument="id",
    writes=True,
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
        "json": "print data for programs",
    },
)
def package(
    context: Context,
    id: list[str] | None = None,  # noqa: A002  the option's name
    target: list[str] | None = None,
    interpreter: list[str] | None = None,
    offline: bool = False,
    python: list[str] | None = None,
    runtimes: str = "",
    bytecode_from: list[str] | None = None,
    strict: bool = False,
    json: bool = False,
) -> None:
    """Package buildpacks into dist/ (.cnb, OCI layouts)."""
    from buildpack_release.bytecode.option import parse_bytecode_from
    from buildpack_release.embedded.embedded_options import parse_interpreters, parse_offline
    from buildpack_release.model.repository import Repository
    from buildpack_release.model.targets import DeclaredTarget
    from buildpack_release.packaging.package import package as package_buildpacks
    from buildpack_release.packaging.package_report import (
        artefacts,
        carried,
        next_command,
        outcomes_data,
        table,
    )
    from buildpack_release.progress import say

    root = root_of(context)
    targets = [DeclaredTarget.parse(text) for text in target or ()]
    outcomes = package_buildpacks(
        Repository.discover(root),
        id or (),
        dist=root / "dist",
        build=root / "build",
        targets=targets,
        archives=parse_interpreters(interpreter or (), targets),
        offline=parse_offline(python or (), runtimes, os.environ, offline=offline),
        strict=strict,
        bytecode_from=parse_bytecode_from(bytecode_from or (), os.environ),
    )
    summary = f"{table(outcomes)}\n{carried(outcomes)}Try it: {next_command(outcomes, root / 'dist')}"
    say(f"\n{summary}")
    if json:
        print_json(outcomes_data(outcomes, root / "dist"))
    else:
        print_paths(artefacts(outcomes, root / "dist"), json=False)
