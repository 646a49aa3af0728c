"""Other package managers as people have them: each in an environment of its own, from the usual index."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from buildpack_common.files import remove
from buildpack_release.bytecode.interpreters import installed_interpreters
from buildpack_release.files.cache import cache_directory
from buildpack_testing.file_locks import exclusive
from buildpack_testing.pinned import pip_environment
from support.component_builds import NEWEST
from support.needs import lack

if TYPE_CHECKING:
    from pathlib import Path

# hishel 2 has other names than those that this PDM imports.
REQUIREMENTS = {
    "uv": ("uv==0.13.9",),
    "poetry": ("poetry==2.5.1", "poetry-plugin-export==1.10.1"),
    "pdm": ("pdm==2.29.4", "hishel<2"),
    "pipenv": ("pipenv==2026.10.3",),
}


def manager(name: str) -> Path:
    """Return the directory of the program, which is installed once. If it cannot be, the test is skipped."""
    requirements = REQUIREMENTS[name]
    folder = cache_directory() / "managers" / "-".join([NEWEST, *requirements]).replace("<", " below ")
    with exclusive(folder.with_suffix(".lock")):
        if not (folder / "complete").is_file():
            _install(requirements, folder)
    return folder / "bin"


def _install(requirements: tuple[str, ...], folder: Path) -> None:
    remove(folder)
    python = installed_interpreters()[NEWEST].executable
    subprocess.run([python, "-I", "-m", "venv", "--without-pip", folder], check=True)
    pip = (sys.executable, "-m", "pip", f"--python={folder}", "install", "--quiet")
    done = subprocess.run(
        [*pip, *requirements], env=pip_environment(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        lack(f"missing: {' '.join(requirements)} ({done.stderr.strip()[-500:]})")
    (folder / "complete").touch()


def run_in(app: Path, commands: str, programs: Path, index: str, *, keep: bool = False) -> None:
    """Run commands of a manager, as a user of a machine with nothing else, against an index on loopback.

    The environment that it makes in the app is removed, unless it is to be kept.
    """
    home = app.parent / "home of a developer"
    python = installed_interpreters()[NEWEST].executable
    environment = {
        "HOME": str(home),
        "PATH": f"{programs}:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "UV_DEFAULT_INDEX": index,
        "UV_PYTHON": str(python),
        "UV_PYTHON_DOWNLOADS": "never",
        "PDM_PYPI_URL": index,
        "PDM_CHECK_UPDATE": "0",
        "PIPENV_PYPI_MIRROR": index,
        "PIPENV_DEFAULT_PYTHON_VERSION": str(python),
        "PIPENV_YES": "1",
    }
    done = subprocess.run(
        ["sh", "-ec", commands],
        cwd=app, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{commands}\n{done.stdout}"
    shutil.rmtree(home, ignore_errors=True)
    if not keep:
        shutil.rmtree(app / ".venv", ignore_errors=True)
        assert not os.path.lexists(app / ".venv")
