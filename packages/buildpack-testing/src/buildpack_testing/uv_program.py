"""The uv that strata/uv-tool knows, on this machine: for apps whose lock is made where there is an index.

A lock of uv names the index that it was made with, so none for an index on loopback can be kept.
"""

from __future__ import annotations

import subprocess
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_common.parsing import parse_toml
from buildpack_common.tool_wheels import FILE, parse
from buildpack_release.model.settings import MINORS
from buildpack_testing.package_index import fill_index

if TYPE_CHECKING:
    from buildpack_common.tool_wheels import ToolWheels

_BUILDPACK = "buildpacks/uv-tool"


def known_uv(root: Path) -> ToolWheels:
    """Return the release that the buildpack of a repository knows."""
    return parse(parse_toml((root / _BUILDPACK / FILE).read_text("utf-8")))


def uv_wheel(root: Path) -> Path:
    """Return the wheel of that release for this machine, fetched once. Raises NetworkError."""
    with tempfile.TemporaryDirectory() as scratch:
        pinned = Path(scratch, "requirements.txt")
        pinned.write_text(f"uv=={known_uv(root).version}\n", "utf-8")
        (wheel,) = fill_index([pinned], [MINORS[0]]).wheels
    return wheel


def unpack_uv(wheel: Path, directory: Path) -> Path:
    """Take the program out of its wheel and return it."""
    program = directory / "bin" / "uv"
    program.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(wheel) as archive:
        (member,) = (name for name in archive.namelist() if name.endswith("/scripts/uv"))
        program.write_bytes(archive.read(member))
    program.chmod(0o755)
    return program


def run_uv(uv: Path, *arguments: str, cwd: Path, **variables: str) -> None:
    """Run uv as a developer does, with a cache of its own. Raises CalledProcessError."""
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(cwd.parent), **variables}
    subprocess.run([uv, *arguments, "--no-cache", "--quiet"], cwd=cwd, check=True, env=environment)
