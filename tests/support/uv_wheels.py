"""uv for tests: the release that strata/uv-tool knows, fetched once, and programs that answer like one."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from buildpack_testing import uv_program
from support.component_builds import ROOT
from support.wheels import Project, make_wheel

if TYPE_CHECKING:
    from pathlib import Path

    from buildpack_common.tool_wheels import ToolWheels

UV = "strata/uv-tool"


def known_uv() -> ToolWheels:
    """Return the release in the buildpack's own file."""
    return uv_program.known_uv(ROOT)


@cache
def uv_wheel() -> Path:
    """Return the wheel of that release for this machine."""
    return uv_program.uv_wheel(ROOT)


def like_uv(version: str, directory: Path) -> Path:
    """Write a wheel of uv whose program says its version and does nothing else."""
    program = f"#!/bin/sh\necho 'uv {version} (test)'\n"
    return make_wheel(Project("uv", version, files={f"uv-{version}.data/scripts/uv": program}), directory)
