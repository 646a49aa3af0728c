"""uv for tests: the release that strata/uv-tool knows, fetched once, and programs that answer like one."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_api import toml
from buildpack_common.tool_wheels import FILE, parse
from buildpack_testing.package_index import fill_index
from support.component_builds import MINORS, ROOT
from support.wheels import Project, make_wheel

if TYPE_CHECKING:
    from buildpack_common.tool_wheels import ToolWheels

UV = "strata/uv-tool"


def known_uv() -> ToolWheels:
    """Return the release in the buildpack's own file."""
    return parse(toml.load(ROOT / "buildpacks/uv-tool" / FILE))


@cache
def uv_wheel() -> Path:
    """Return the wheel of that release for this machine."""
    with tempfile.TemporaryDirectory() as scratch:
        pinned = Path(scratch, "requirements.txt")
        pinned.write_text(f"uv=={known_uv().version}\n")
        (wheel,) = fill_index([pinned], [MINORS[0]]).wheels
    return wheel


def like_uv(version: str, directory: Path) -> Path:
    """Write a wheel of uv whose program says its version and does nothing else."""
    program = f"#!/bin/sh\necho 'uv {version} (test)'\n"
    return make_wheel(Project("uv", version, files={f"uv-{version}.data/scripts/uv": program}), directory)
