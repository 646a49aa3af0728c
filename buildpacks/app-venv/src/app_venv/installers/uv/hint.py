"""The command ``pip`` in an environment of uv: uv for later buildpacks, an explanation for people."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

from buildpack_common.files import write_atomically

if TYPE_CHECKING:
    from pathlib import Path

    from app_venv.program import Program

_COMMANDS = ("pip", "pip3")
_SCRIPT = """\
#!/bin/sh
# uv has made this virtual environment. While it is there, for later buildpacks, it stands in for pip.
if [ -x {program} ]; then
    VIRTUAL_ENV=${{VIRTUAL_ENV:-{venv}}}
    export VIRTUAL_ENV
    exec {program} pip "$@"
fi
echo 'pip is not in this image: the app was installed with uv, and only to build it.' >&2
echo 'To change what the app needs, edit pyproject.toml, run uv lock, and build the image again.' >&2
echo 'To try something out in this container (it is gone afterwards), get a pip with:' >&2
echo '    python -m ensurepip --default-pip' >&2
echo 'An app that runs pip itself lists pip among its dependencies.' >&2
exit 127
"""


def offer_uv(uv: Program, venv: Path, site_packages: Path) -> None:
    """Make ``pip`` work in ``venv`` as long as the layer of uv exists, unless the app itself installs pip.

    So a stray pip of the run image is not found instead. ``ensurepip`` replaces the commands.
    """
    if (site_packages / "pip").is_dir():
        return
    text = _SCRIPT.format(program=shlex.quote(uv.command[0]), venv=shlex.quote(str(venv)))
    for name in _COMMANDS:
        path = venv / "bin" / name
        if not os.path.lexists(path):
            write_atomically(path, text.encode("utf-8", "surrogateescape"))
            path.chmod(0o755)
