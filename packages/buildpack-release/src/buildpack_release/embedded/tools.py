"""The tools that offline packages carry: programs for one kind of machine (`data/tool-wheels.toml`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_common.tool_wheels import FILE, ToolWheels, ToolWheelsError, parse
from buildpack_release.errors import CheckFailed, UsageError
from buildpack_release.model.toml_source import TomlSource
from buildpack_release.wheels.lock_file import Pin

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from buildpack_release.model.repository import Buildpack, Repository
    from buildpack_release.model.targets import DeclaredTarget


@dataclass(frozen=True)
class ToolFile:
    """What a buildpack's file says: which release of which tool, and its wheels."""

    buildpack: Buildpack
    path: Path
    known: ToolWheels

    def pin(self, target: DeclaredTarget) -> tuple[Pin, str]:
        """Return the wheel for a target, and its platform tag. Raises UsageError if there is none."""
        for wheel in self.known.wheels:
            if (wheel.os, wheel.arch) == (target.os, target.arch):
                return Pin(self.known.name, self.known.version, (wheel.sha256,), self.path, 1), wheel.platform
        raise UsageError(f"{self.buildpack.id} knows no {self.known.name} for {target}", file=self.path)


def tool_files(repository: Repository) -> Iterator[ToolFile]:
    """Yield the files of all buildpacks that have one. Raises CheckFailed for what is wrong in one."""
    for buildpack in repository.buildpacks:
        path = buildpack.directory / FILE
        if path.is_file():
            source = TomlSource.read(path)
            try:
                yield ToolFile(buildpack, path, parse(source.data))
            except ToolWheelsError as error:
                raise CheckFailed(str(error), file=path, line=source.line(*error.place)) from None
