"""The tasks about builder images: builder.create, builder.check."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_release.errors import CheckFailed
from buildpack_release.tasks.command import BUILDERS, command
from buildpack_release.tasks.edge import print_json, print_text, root_of

if TYPE_CHECKING:
    from invoke.context import Context


@command(
    BUILDERS,
    argument="config",
    writes=True,
    name="create",
    iterable=["insecure"],
    help={
        "config": "a builder.toml, as pack reads it",
        "to": "a reference with its registry, or a directory for an OCI layout",
        "json": "print data for programs",
        "insecure": "a registry (host[:port]) that may lack trusted TLS; may be repeated",
    },
)
def builder_create(
    context: Context, config: str, to: str = "", json: bool = False, insecure: list[str] | None = None
) -> None:
    """Compose a builder image of its parts."""
    from buildpack_release.builder.builder_summary import address, created_data, summary
    from buildpack_release.builder.create import create_builder
    from buildpack_release.progress import say

    created = create_builder(Path(config), to, dist=root_of(context) / "dist", insecure=insecure or ())
    say(f"\n{summary(created)}")
    if json:
        print_json(created_data(created))
    else:
        print_text(address(created))


@command(
    BUILDERS,
    argument="config",
    name="check",
    iterable=["insecure"],
    help={
        "config": "a builder.toml, as pack reads it",
        "json": "print data for programs",
        "insecure": "a registry (host[:port]) that may lack trusted TLS; may be repeated",
    },
)
def builder_check(
    context: Context, config: str, json: bool = False, insecure: list[str] | None = None
) -> None:
    """Check a builder's parts; prove that its plans fit."""
    from buildpack_release.builder.builder_check import check_builder
    from buildpack_release.progress import say

    report = check_builder(Path(config), root=root_of(context), insecure=insecure or ())
    if json:
        print_json(report.data())
    else:
        for line in report.lines():
            print_text(line)
    if not report.ok:
        raise CheckFailed(f"the check has failed: {report.summary}")
    say(f"The check has passed: {report.summary}")
