"""Files of the package index that are known by their sha256, fetched with pip."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_api.files import file_sha256
from buildpack_release.errors import NetworkError

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Pinned:
    """One file of a project: its name in the index, its version and its sha256 (hex)."""

    name: str
    version: str
    sha256: str


def fetch(file: Pinned, directory: Path) -> Path:
    """Download the file into an existing directory, without its dependencies, and return where it is.

    Which index is asked, through which proxy and with which certificates, is pip's configuration.
    Raises NetworkError when pip fails, which a file with another content is, too.
    """
    requirement = directory / f".{file.name}.txt"
    requirement.write_text(f"{file.name}=={file.version} --hash=sha256:{file.sha256}\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--only-binary", ":all:", "--require-hashes", "--dest", str(directory)]
    command += ["--requirement", str(requirement)]
    result = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        env=pip_environment(),
    )
    requirement.unlink()
    if result.returncode:
        raise NetworkError(
            f"pip could not download {file.name} {file.version}",
            detail=result.stderr.strip()[-2000:],
            advice="Check that pip reaches its package index.",
        )
    return next(path for path in directory.iterdir() if path.is_file() and file_sha256(path) == file.sha256)


def pip_environment() -> dict[str, str]:
    """Return this process's environment for a pip that is to take files from where anybody gets them."""
    # A directory of extra wheels is no index.
    return {name: value for name, value in os.environ.items() if name != "PIP_FIND_LINKS"}
