"""Files of the package index that are known by their sha256, fetched with pip."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_common.files import file_sha256
from buildpack_release.wheels.pip_command import pip_failure, run_pip

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
    Raises MissingToolError without pip, NetworkError when the index cannot be reached, ReleaseError when it
    has no such file.
    """
    requirement = directory / f".{file.name}.txt"
    requirement.write_text(f"{file.name}=={file.version} --hash=sha256:{file.sha256}\n", encoding="utf-8")
    options = ("--quiet", "--no-deps", "--only-binary", ":all:", "--require-hashes")
    where = ("--dest", str(directory), "--requirement", str(requirement))
    done = run_pip("download", [*options, *where], cwd=directory)
    requirement.unlink()
    if done.returncode:
        raise pip_failure(
            done,
            f"{file.name} {file.version}",
            advice="The package index that pip uses must have this very file.",
        )
    return next(path for path in directory.iterdir() if path.is_file() and file_sha256(path) == file.sha256)


def pip_environment() -> dict[str, str]:
    """Return this process's environment for a pip that is to take files from where anybody gets them."""
    # A directory of extra wheels is no index.
    return {name: value for name, value in os.environ.items() if name != "PIP_FIND_LINKS"}
