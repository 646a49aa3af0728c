"""What is told about a release: how to use it, and notes for the forge, made of the changelogs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_release.publish.destination import LAYOUTS
from buildpack_release.versions.changelog import NAME, Changelog
from buildpack_release.versions.markdown import Role
from oci_registry.reference import Reference

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from buildpack_release.publish.publish_plan import Plan, PublishStep
    from buildpack_release.releasing.release_state import ReleaseState
    from buildpack_release.versions.member import VersionedBuildpack
    from buildpack_release.versions.number import Version


@dataclass(frozen=True)
class ReleaseNotes:
    """The notes of one tag, in Markdown."""

    tag: str
    text: str


def use_commands(plan: Plan, state: ReleaseState) -> tuple[str, ...]:
    """Return the commands that use what is in a registry: composites, if there are any, else everything."""
    composites = {one.id for one in state.repository.buildpacks if one.descriptor.is_composite}
    steps = [step for step in plan.steps if step.release.id in composites] or list(plan.steps)
    addresses = filter(None, map(_address, steps))
    return tuple(f"pack build APP --path DIRECTORY --builder BUILDER --buildpack {one}" for one in addresses)


def release_notes(plan: Plan, state: ReleaseState) -> tuple[ReleaseNotes, ...]:
    """Return the notes of each tag: the changelogs of its version, what to type, and all addresses."""
    return tuple(
        ReleaseNotes(tag, "\n".join(_lines(members, plan, state))) for tag, members in state.tags.items()
    )


def _lines(members: Sequence[VersionedBuildpack], plan: Plan, state: ReleaseState) -> Iterator[str]:
    root = state.repository.root / NAME
    own = any(one.changelog.path == root for one in members)
    if state.policy.versioning.is_fixed and root.is_file() and not own:
        yield from _section(Changelog.read(root), members[0].version)
    for member in members:
        text = list(_section(member.changelog, member.version))
        if text and text != ["- No changes.", ""]:
            yield f"## {member.id}"
            yield ""
            yield from text
    ids = {one.id for one in members}
    steps = [step for step in plan.steps if step.release.id in ids and _address(step)]
    if steps:
        yield "## Packages"
        yield ""
        yield from (f"- `{_address(step)}` ({step.release.id} {step.release.version})" for step in steps)
        yield ""
    commands = [one for one in use_commands(plan, state) if any(_address(step) in one for step in steps)]
    if commands:
        yield from ("```console", *(f"$ {command}" for command in commands), "```", "")


def _section(changelog: Changelog, version: Version) -> Iterator[str]:
    """Yield the lines below a version's heading, without definitions of links."""
    for section in changelog.sections:
        if section.version != version:
            continue
        lines = changelog.lines[section.start + 1 : section.end]
        text = "".join(line.text for line in lines if line.role is not Role.DEFINITION).strip()
        if text:
            yield from text.splitlines()
            yield ""


def _address(step: PublishStep) -> str:
    """Return the address of a package by its digest; nothing for one in a directory."""
    if step.reference.startswith(LAYOUTS):
        return ""
    return str(Reference.parse(step.reference).with_digest(step.root.digest))
