"""The tasks that build an app with the buildpacks: try, demo."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from invoke.exceptions import Exit

from buildpack_release.tasks.command import MAKE, command
from buildpack_release.tasks.edge import print_json, print_text, root_of

if TYPE_CHECKING:
    from invoke.context import Context


def _write_at_once(text: str) -> None:
    """Write a part of a report between lines of progress: in a log both are where they belong."""
    print_text(text)
    sys.stdout.flush()


@command(
    MAKE,
    argument="path",
    existing=True,
    writes=True,
    name="try",
    iterable=["env"],
    help={
        "path": "the directory of the app (default: the current one)",
        "builder-order": "the buildpack to build with (default: the only composite that no other contains)",
        "env": "a user variable, NAME=VALUE; may be repeated",
        "clear": "forget what earlier builds of this app left for reuse",
        "run": "a process type or a command to start in the image, instead of what it starts by itself",
        "runtime": (
            "local (this machine's CPythons; the default if there are any), standalone (real archives of a "
            "few versions, by way of the Go module proxy) or download"
        ),
        "json": "print the build as data for programs; what is reported goes to stderr",
        "keep": "keep the layers and the app as the build left them, and say where",
        "report": "write a report for people into this file, .html; it replaces one that is there",
    },
)
def try_app(
    context: Context,
    path: str = ".",
    builder_order: str = "",
    env: list[str] | None = None,
    clear: bool = False,
    run: str = "",
    runtime: str = "",
    keep: bool = False,
    json: bool = False,
    report: str = "",
) -> None:
    """Build an app on this machine, and start it."""
    from buildpack_release.model.repository import Repository
    from buildpack_release.progress import say
    from buildpack_testing.build_report import build_data
    from buildpack_testing.trial_page import check_page
    from buildpack_testing.try_app import AppTrial, parse_source, parse_variables
    from buildpack_testing.try_app import try_app as build_and_show

    check_page(report)
    trial = AppTrial(
        Path(path),
        builder_order,
        parse_variables(env or []),
        clear,
        run,
        parse_source(runtime),
        keep,
        Path(report) if report else None,
    )
    code = build_and_show(
        Repository.discover(root_of(context)),
        trial,
        write=(lambda text: say(text.removesuffix("\n"))) if json else _write_at_once,
        report=say,
        stdout=sys.stderr.fileno() if json else None,
        built=(lambda result: print_json(build_data(result))) if json else (lambda _result: None),
    )
    if code:
        raise Exit(code=code)


@command(
    MAKE,
    argument="path",
    existing=True,
    writes=True,
    help={"path": "the directory of an app of your own (default: the Flask sample)"},
)
def demo(context: Context, path: str = "") -> None:
    """Package, build a sample app, show its layers."""
    from buildpack_release.model.repository import Repository
    from buildpack_release.progress import say
    from buildpack_testing.demo import Demo

    Demo(Repository.discover(root_of(context)), write=_write_at_once, report=say).run(
        Path(path) if path else None
    )
