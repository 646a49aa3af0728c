"""The command ``pip`` in an environment that another tool has made: a few lines that explain it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from buildpack_common.files import write_atomically

if TYPE_CHECKING:
    from pathlib import Path

_COMMANDS = ("pip", "pip3")
_SCRIPT = """\
#!/bin/sh
{first}echo 'pip is not in this image: the app was installed with {tool}, and only to build it.' >&2
echo 'To change what the app needs, edit pyproject.toml, run {lock}, and build the image again.' >&2
echo 'To try something out in this container (it is gone afterwards), get a pip with:' >&2
echo '    python -m ensurepip --default-pip' >&2
echo 'An app that runs pip itself lists pip among its dependencies.' >&2
exit 127
"""


def write_stand_in(venv: Path, site_packages: Path, *, tool: str, lock: str, first: str = "") -> None:
    """Write the command, unless the app itself installs pip: so a stray pip of the run image is not found.

    ``lock`` is the command that locks, ``first`` are lines of sh that come first. ``ensurepip`` replaces it.
    """
    if (site_packages / "pip").is_dir():
        return
    text = _SCRIPT.format(tool=tool, lock=lock, first=first)
    for name in _COMMANDS:
        path = venv / "bin" / name
        if not os.path.lexists(path):
            write_atomically(path, text.encode("utf-8", "surrogateescape"))
            path.chmod(0o755)
