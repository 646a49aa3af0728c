"""The update of what the buildpacks carry, as a command: lock files and changelogs change together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import Version

from buildpack_release.embedded.tools import set_files, tool_files
from buildpack_release.errors import CheckFailed, ReleaseError, UsageError
from buildpack_release.model.repository import Repository
from buildpack_release.updates.lock_edit import relock
from buildpack_release.updates.set_release import SetRelease, find_set_release
from buildpack_release.updates.tool_release import ToolRelease, find_tool_release
from buildpack_release.updates.wheel_release import WheelRelease, find_releases
from buildpack_release.versions.changelog import NAME, Changelog
from buildpack_release.versions.changelog_edit import add_entry
from buildpack_release.versions.edits import Edit
from buildpack_release.versions.replacement import Replacement
from buildpack_release.wheels.lock_file import Pin, read_lock

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from packaging.requirements import Requirement

    from buildpack_release.model.repository import Buildpack

TOOLS, LIBRARIES = "wheels.lock", "vendor.lock"
_ADVICE = "look at `git diff`, then: inv check && inv package"


@dataclass(frozen=True)
class Locked:
    """A pin in a lock file of a buildpack, and the release that could stand there."""

    buildpack: Buildpack
    pin: Pin
    release: WheelRelease
    is_tool: bool

    @property
    def version(self) -> Version:
        """What is locked."""
        return Version(self.pin.version)

    @property
    def is_newer(self) -> bool:
        """Whether the release is newer than what is locked."""
        return self.release.version > self.version

    @property
    def change(self) -> str:
        """What changes, for people."""
        return f"{self.pin.name} {self.release.version} instead of {self.pin.version}"


def prepare_update(root: Path, *, tool: str = "", version: str = "", libraries: bool = False) -> Edit:
    """Compare what is locked with the index that pip uses; nothing is written.

    Args:
        root: the repository.
        tool: the name of the only one to look at; all of them by default.
        version: this release of the tool instead of the newest, older ones too.
        libraries: whether to lock newer vendored libraries as well; they are only listed otherwise.

    Raises:
        UsageError: there is no such tool, or a version is named, and not of which of several tools.
        NetworkError: the index cannot be reached.
        ReleaseError: a release cannot be carried, was yanked, or does not get on with the others.
        CheckFailed: a lock file or a changelog is faulty.
    """
    repository = Repository.discover(root)
    files, sets = list(tool_files(repository)), list(set_files(repository))
    pins = list(_pins(repository))
    if not (files or sets or pins):
        raise CheckFailed("no buildpack of this repository locks anything")
    names = [*(one.known.name for one in files), *(one.known.name for one in sets)]
    chosen = _chosen([*_tools(pins), *names], tool, version)
    pins = [one for one in pins if not tool or (one[2] and canonicalize_name(one[1].name) in chosen)]
    found = find_releases(_wanted(pins, chosen, version))
    releases: list[SetRelease | ToolRelease] = [
        find_tool_release(one, version) for one in files if canonicalize_name(one.known.name) in chosen
    ]
    releases += [
        find_set_release(one, version) for one in sets if canonicalize_name(one.known.name) in chosen
    ]
    locked = [Locked(one, pin, found[canonicalize_name(pin.name)], is_tool) for one, pin, is_tool in pins]
    changes = [one for one in locked if _is_due(one, version, libraries=libraries)]
    _check_requirements(locked, changes)
    due = [one for one in locked if one.is_newer and one not in changes and not one.is_tool]
    others = [one for one in releases if (one.is_other if version else one.is_newer)]
    summary = [f"{one.buildpack.id}: {one.change}" for one in changes]
    summary += [f"{one.file.buildpack.id}: {one.change}" for one in others]
    summary += [f"{one.buildpack.id}: {one.change} is possible (--all)" for one in due]
    if not summary:
        summary.append("Everything that is carried is the newest release")
    return Edit(root, tuple(_replacements(changes, others)), tuple(summary), _ADVICE)


def _pins(repository: Repository) -> Iterable[tuple[Buildpack, Pin, bool]]:
    for buildpack in repository.buildpacks:
        for name in (TOOLS, LIBRARIES):
            for pin in read_lock(buildpack.directory / name):
                yield buildpack, pin, name == TOOLS


def _tools(pins: Sequence[tuple[Buildpack, Pin, bool]]) -> list[str]:
    return [pin.name for _, pin, is_tool in pins if is_tool]


def _chosen(names: Iterable[str], tool: str, version: str) -> frozenset[str]:
    """Return the normalised names of the tools to look at."""
    there = sorted({canonicalize_name(name) for name in names})
    listed = f"There are: {', '.join(there) or 'none'}."
    if tool and canonicalize_name(tool) not in there:
        raise UsageError(f'no buildpack of this repository carries a tool "{tool}"', detail=listed)
    chosen = {canonicalize_name(tool)} if tool else set(there)
    if version and len(chosen) != 1:
        raise UsageError("--version needs exactly one tool", detail=listed, advice="Choose it with --tool.")
    return frozenset(chosen)


def _wanted(
    pins: Sequence[tuple[Buildpack, Pin, bool]], tools: Collection[str], version: str
) -> dict[str, str]:
    """Return the projects to ask for, with the version that is asked for."""
    return {
        name: version if name in tools else ""
        for name in sorted({canonicalize_name(pin.name) for _, pin, _ in pins})
    }


def _is_due(one: Locked, version: str, *, libraries: bool) -> bool:
    if one.is_tool and version:
        return one.release.version != one.version
    return one.is_newer and (one.is_tool or libraries)


def _check_requirements(locked: Sequence[Locked], changes: Sequence[Locked]) -> None:
    """Refuse libraries that do not get on with each other in one buildpack."""
    for buildpack in {one.buildpack.id: one.buildpack for one in changes}.values():
        own = [one for one in locked if one.buildpack == buildpack and not one.is_tool]
        versions = {
            str(canonicalize_name(one.pin.name)): one.release.version if one in changes else one.version
            for one in own
        }
        for one in own:
            if one in changes and (unmet := one.release.unmet(versions)):
                raise _does_not_get_on(one, unmet, versions)


def _does_not_get_on(
    one: Locked, unmet: Iterable[Requirement], versions: Mapping[str, Version]
) -> ReleaseError:
    there = [(need, versions[str(canonicalize_name(need.name))]) for need in unmet]
    return ReleaseError(
        f"{one.pin.name} {one.release.version} does not get on with what {one.buildpack.id} carries",
        detail="\n".join(f"It requires {need}, and there is {version}." for need, version in there),
        advice="Lock fitting releases by hand: name==version --hash=sha256:...",
        file=one.pin.file,
    )


def _replacements(
    changes: Sequence[Locked], others: Sequence[SetRelease | ToolRelease]
) -> Iterable[Replacement]:
    texts: dict[Path, str] = {}
    for one in sorted(changes, key=lambda one: one.pin.line, reverse=True):
        text = texts.get(one.pin.file) or one.pin.file.read_bytes().decode()
        texts[one.pin.file] = relock(text, one.pin, one.release)
    for other in others:
        texts[other.file.path] = other.edited(other.file.path.read_bytes().decode())
    changed = [*(one.buildpack for one in changes), *(one.file.buildpack for one in others)]
    for buildpack in {one.id: one for one in changed}.values():
        own = [one for one in changes if one.buildpack == buildpack]
        tools = [one.change for one in others if one.file.buildpack == buildpack]
        changelog = Changelog.read(buildpack.directory / NAME)
        texts[buildpack.directory / NAME] = _announced(changelog, own, tools)
    yield from _as_replacements(texts)


def _announced(changelog: Changelog, changes: Sequence[Locked], tools: Iterable[str]) -> str:
    for change in (*(one.change for one in changes if one.is_tool), *tools):
        changelog = add_entry(changelog, "Changed", f"{change}.")
    libraries = [one.change for one in changes if not one.is_tool]
    if libraries:
        changelog = add_entry(changelog, "Changed", f"Vendored libraries: {', '.join(libraries)}.")
    return changelog.text


def _as_replacements(texts: Mapping[Path, str]) -> Iterable[Replacement]:
    for path, text in sorted(texts.items()):
        old, new = path.read_bytes(), text.encode()
        if old != new:
            yield Replacement(path, old, new)
