"""The Poetry that strata/poetry-tool knows, on this machine: for apps that are locked for an index here."""

from __future__ import annotations

import platform
import subprocess
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_common.parsing import parse_toml
from buildpack_common.tool_sets import FILE, parse
from buildpack_release.embedded.tools import tags_of
from buildpack_release.files.cache import cache_directory
from buildpack_release.wheels.lock_file import Pin
from buildpack_release.wheels.vendor import fetch_for

if TYPE_CHECKING:
    from collections.abc import Iterable

    from buildpack_common.tool_sets import SetWheel, ToolSet, ToolSets

_BUILDPACK = "buildpacks/poetry-tool"
_SOURCE = """
[[tool.poetry.source]]
name = "main"
url = "{}"
"""


def known_poetry(root: Path) -> ToolSets:
    """Return the releases that the buildpack of a repository knows, newest first."""
    return parse(parse_toml((root / _BUILDPACK / FILE).read_text("utf-8")))


def poetry_wheels(releases: Iterable[ToolSet], minors: Iterable[str]) -> tuple[Path, ...]:
    """Return the wheels of releases for these Pythons and this machine, each fetched once.

    Raises NetworkError, and ReleaseError if the index has other files.
    """
    machine, minors = platform.machine(), tuple(minors)
    wanted: set[SetWheel] = set()
    for release in releases:
        for minor in minors:
            wanted |= set(release.wheels_for(minor, machine) or ())
    found: set[Path] = set()
    for tags in {tags_of(one) for one in wanted}:
        # One release of each project in each call: pip fetches no two.
        of_one = [one for one in wanted if tags_of(one) == tags]
        while of_one:
            first = {one.name: one for one in of_one}
            pins = [Pin(one.name, one.version, (one.sha256,), Path(FILE), 1) for one in first.values()]
            found |= set(fetch_for(pins, tags, cache=cache_directory()).values())
            of_one = [one for one in of_one if one not in first.values()]
    return tuple(sorted(found))


def source_table(address: str) -> str:
    """Return what makes an index, ``main``, the only one of a project when it is added to pyproject.toml."""
    return _SOURCE.format(address)


def unpack_poetry(wheels: Iterable[Path], directory: Path) -> Path:
    """Unpack the wheels of one release and return the directory, which is one for PYTHONPATH."""
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(directory)
    return directory


def run_poetry(python: Path, unpacked: Path, *arguments: str, cwd: Path) -> None:
    """Run Poetry as a developer does, without an environment for the project. Raises CalledProcessError."""
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(cwd.parent),
        "PYTHONPATH": str(unpacked),
        "POETRY_VIRTUALENVS_CREATE": "false",
    }
    command = (str(python), "-m", "poetry", *arguments, "--quiet", "--no-ansi", "--no-interaction")
    subprocess.run(command, cwd=cwd, check=True, env=environment)
