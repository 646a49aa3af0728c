"""Projects that are locked with the real uv, as a developer does it."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_release.bytecode.interpreters import installed_interpreters
from buildpack_testing import uv_program
from support.component_builds import NEWEST
from support.uv_wheels import uv_wheel

if TYPE_CHECKING:
    from buildpack_testing.server import StaticServer


@cache
def shared_uv() -> Path:
    """Return the real uv of the buildpack's release, taken out of its wheel once."""
    directory = Path(tempfile.mkdtemp(prefix="strata-uv-"))
    atexit.register(shutil.rmtree, directory)
    return uv_program.unpack_uv(uv_wheel(), directory)


def locked_project(app: Path, index: StaticServer) -> None:
    """Put a pyproject.toml and its uv.lock in the place of a requirements.txt that pins everything."""
    lines = (app / "requirements.txt").read_text().splitlines()
    pins = [line.split(";")[0].split("\\")[0].strip() for line in lines if "==" in line]
    listed = ",\n    ".join(f'"{pin.split()[0]}"' for pin in pins)
    head = '[project]\nname = "app"\nversion = "1.0"\nrequires-python = ">=3.10"\n'
    (app / "pyproject.toml").write_text(f"{head}dependencies = [\n    {listed},\n]\n")
    (app / "requirements.txt").unlink()
    run_uv("lock", cwd=app, UV_DEFAULT_INDEX=f"{index.url}/simple/")


def run_uv(command: str, *, cwd: Path, **variables: str) -> None:
    """Run uv as a developer does, with the newest Python of this machine."""
    python = installed_interpreters()[NEWEST].executable
    uv_program.run_uv(shared_uv(), command, "--python", str(python), cwd=cwd, **variables)
