"""The tools that offline packages carry: `data/tool-wheels.toml` and `data/tool-sets.toml`.

The one has a program for each kind of machine, the other environments of many wheels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_common import tool_sets, tool_wheels
from buildpack_release.errors import CheckFailed, UsageError
from buildpack_release.model.toml_source import TomlSource
from buildpack_release.wheels.lock_file import Pin
from buildpack_release.wheels.vendor import WheelTags

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path
    from typing import Any, TypeVar

    from buildpack_common.tool_sets import SetWheel, ToolSets
    from buildpack_common.tool_wheels import ToolWheels
    from buildpack_release.model.repository import Buildpack, Repository
    from buildpack_release.model.targets import DeclaredTarget

    Known = TypeVar("Known", ToolSets, ToolWheels)


@dataclass(frozen=True)
class ToolFile:
    """What a buildpack's file says: which release of which tool, and its wheels."""

    buildpack: Buildpack
    path: Path
    known: ToolWheels

    def pins(self, target: DeclaredTarget) -> tuple[tuple[Pin, WheelTags], ...]:
        """Return the wheel for a target, and its platform tag. Raises UsageError if there is none."""
        for wheel in self.known.wheels:
            if (wheel.os, wheel.arch) == (target.os, target.arch):
                pin = Pin(self.known.name, self.known.version, (wheel.sha256,), self.path, 1)
                return ((pin, WheelTags(wheel.platform)),)
        raise UsageError(f"{self.buildpack.id} knows no {self.known.name} for {target}", file=self.path)


@dataclass(frozen=True)
class SetFile:
    """What a buildpack's file says: which releases of which tool, with all that they need."""

    buildpack: Buildpack
    path: Path
    known: ToolSets

    def pins(self, target: DeclaredTarget) -> tuple[tuple[Pin, WheelTags], ...]:
        """Return the wheels of the newest release for a target, the tool's first, for all Pythons.

        Raises UsageError if there are none.
        """
        machine = tool_sets.MACHINES.get(target.arch, "") if target.os == "linux" else ""
        newest = self.known.releases[0]
        wheels = [one for one in newest.wheels if one.is_for(machine)]
        if {one.name for one in wheels} != {one.name for one in newest.wheels}:
            raise UsageError(f"{self.buildpack.id} knows no {self.known.name} for {target}", file=self.path)
        wheels.sort(key=lambda one: (one.name != self.known.name, one.file))
        return tuple(
            (Pin(one.name, one.version, (one.sha256,), self.path, 1), tags_of(one)) for one in wheels
        )


def tool_files(repository: Repository) -> Iterator[ToolFile]:
    """Yield the files of all buildpacks that have one. Raises CheckFailed for what is wrong in one."""
    for buildpack in repository.buildpacks:
        path = buildpack.directory / tool_wheels.FILE
        if path.is_file():
            yield ToolFile(buildpack, path, _parsed(path, tool_wheels.parse))


def set_files(repository: Repository) -> Iterator[SetFile]:
    """Yield the files of all buildpacks that have one. Raises CheckFailed for what is wrong in one."""
    for buildpack in repository.buildpacks:
        path = buildpack.directory / tool_sets.FILE
        if path.is_file():
            yield SetFile(buildpack, path, _parsed(path, tool_sets.parse))


def _parsed(path: Path, parse: Callable[[Mapping[str, Any]], Known]) -> Known:
    source = TomlSource.read(path)
    try:
        return parse(source.data)
    except (tool_wheels.ToolWheelsError, tool_sets.ToolSetsError) as error:
        raise CheckFailed(str(error), file=path, line=source.line(*error.place)) from None


def tags_of(wheel: SetWheel) -> WheelTags:
    """Return what makes pip fetch this wheel of its release."""
    if wheel.is_pure:
        return WheelTags()
    return WheelTags(wheel.platforms[0], f"3.{wheel.python.removeprefix('cp3')}")
