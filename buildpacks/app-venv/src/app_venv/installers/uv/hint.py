"""The command ``pip`` in an environment of uv: uv for later buildpacks, an explanation for people."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from app_venv.installers.stand_in import write_stand_in

if TYPE_CHECKING:
    from pathlib import Path

    from app_venv.program import Program

_FIRST = """\
# uv has made this virtual environment. While it is there, for later buildpacks, it stands in for pip.
if [ -x {program} ]; then
    VIRTUAL_ENV=${{VIRTUAL_ENV:-{venv}}}
    export VIRTUAL_ENV
    exec {program} pip "$@"
fi
"""


def offer_uv(uv: Program, venv: Path, site_packages: Path) -> None:
    """Make ``pip`` work in ``venv`` as long as the layer of uv exists, unless the app itself installs pip.

    So a stray pip of the run image is not found instead. ``ensurepip`` replaces the commands.
    """
    first = _FIRST.format(program=shlex.quote(uv.command[0]), venv=shlex.quote(str(venv)))
    write_stand_in(venv, site_packages, tool="uv", lock="uv lock", first=first)
