"""pip for later buildpacks, and an explanation for people in a running container, where it is not."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

from app_venv.environment.venv import BUILD_PIP
from buildpack_common.files import write_atomically

if TYPE_CHECKING:
    from pathlib import Path

    from app_venv.program import Program

_COMMANDS = ("pip", "pip3")

_SCRIPT = """\
#!/bin/sh
# pip is a tool of the build. While it is there, for later buildpacks, it acts on this virtual environment.
if [ -x {program} ] && [ -d {package} ]; then
    PIP_PYTHON=${{PIP_PYTHON:-{venv}}}
    export PIP_PYTHON
    exec {command} "$@"
fi
echo 'pip is not in this image: it was needed only to build it.' >&2
echo 'To change what the app needs, edit its requirements file and build the image again.' >&2
echo 'To try something out in this container (it is gone afterwards), get a pip with:' >&2
echo '    python -m ensurepip --default-pip' >&2
echo 'An app that runs pip itself lists pip in its requirements file.' >&2
exit 127
"""


def offer_pip(pip: Program, venv: Path, site_packages: Path) -> bool:
    """Make ``pip`` and ``python -m pip`` work in ``venv`` as long as the layer of pip exists.

    Returns whether that was done. To be called after the installation, so that a pip among the requirements
    really is installed: that one is the app's own, and nothing is added. ``ensurepip`` replaces the commands.
    """
    if (site_packages / "pip").is_dir():
        return False
    script = hint_script(pip, venv).encode("utf-8", "surrogateescape")
    for name in _COMMANDS:
        path = venv / "bin" / name
        if not os.path.lexists(path):
            write_atomically(path, script)
            path.chmod(0o755)
    if _holds_only_pip(pip.site_packages):
        content = f"{pip.site_packages}\n".encode("utf-8", "surrogateescape")
        write_atomically(site_packages / BUILD_PIP, content)
    return True


def hint_script(pip: Program, venv: Path) -> str:
    """Return the text of the command ``pip``. It needs nothing but a POSIX shell."""
    return _SCRIPT.format(
        program=shlex.quote(pip.command[0]),
        package=shlex.quote(str(pip.site_packages / "pip")),
        command=shlex.join(pip.command),
        venv=shlex.quote(str(venv)),
    )


def _holds_only_pip(directory: Path) -> bool:
    """Whether a .pth that names ``directory`` would show nothing but pip (not so in /usr/lib/python3)."""
    names = os.listdir(directory) if directory.is_dir() else ()  # noqa: PTH208  (names)
    return bool(names) and all(
        name in ("pip", "__pycache__") or (name.startswith("pip-") and name.endswith(".dist-info"))
        for name in names
    )
