"""Bringing what a buildpack carries into its assembled folders, with the code of the buildpack itself."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from buildpack_release.bytecode.archived_interpreter import MODULE as TRIM
from buildpack_release.embedded.embedded_interpreter import compile_bundled, unpack_interpreter
from buildpack_release.runtimes.archive_catalogue import FILE
from buildpack_release.runtimes.archive_fetch import fetch_archives
from buildpack_release.runtimes.buildpack_program import BuildpackProgram
from buildpack_release.wheels.vendor import fetch_for

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from buildpack_release.bytecode.toolchain import Toolchain
    from buildpack_release.embedded.embedded_files import EmbeddedFiles
    from buildpack_release.model.inputs import PackageInputs
    from buildpack_release.model.targets import DeclaredTarget
    from buildpack_release.wheels.lock_file import Pin
    from buildpack_release.wheels.vendor import WheelTags

ARCHIVES = "archives"
"""The folder of an offline package in which a build looks for `<sha256>.tar.gz` first."""
WHEELS = "wheels"
"""The folder in which a build looks for the wheel of a tool first."""


def fetch_embedded(
    files: EmbeddedFiles, inputs: PackageInputs, *, cache: Path, report: Callable[[str], None]
) -> Mapping[str, Path]:
    """Return archives and wheels of tools by SHA-256 (hex), fetched unless they are in the cache.

    `inputs` are those of the buildpack, whose own code fetches archives. Raises as fetch_archives() and
    fetch_for() do.
    """
    tools = sorted({one.sha256 for found in files.tools.values() for one in found})
    alike: dict[WheelTags, list[Pin]] = {}
    for one in tools:
        pin, tags = files.tool_wheels[one]
        alike.setdefault(tags, []).append(pin)
    wheels: dict[str, Path] = {}
    for tags, pins in sorted(alike.items()):
        wheels |= {pin.digests[0]: path for pin, path in fetch_for(pins, tags, cache=cache).items()}
    if files.catalogue is None:
        return wheels
    sums = [one.sha256 for archives in files.runtimes.values() for one in archives]
    return wheels | fetch_archives(sums, inputs, catalogue=files.catalogue, cache=cache, report=report)


def place_embedded(
    files: EmbeddedFiles,
    folders: Mapping[DeclaredTarget, Path],
    archives: Mapping[str, Path],
    inputs: PackageInputs,
    toolchain: Toolchain,
    *,
    report: Callable[[str], None],
) -> None:
    """Put everything into the assembled folders of a buildpack, of which there is one for each target.

    Args:
        files: what it carries.
        folders: the folders.
        archives: what fetch_embedded() returned.
        inputs: those of the buildpack, whose own code unpacks interpreters.
        toolchain: what compiles the libraries of interpreters.
        report: takes lines of progress.

    Raises ReleaseError as unpack_interpreter() and compile_bundled() do.
    """
    if files.interpreters:
        trim = BuildpackProgram.of(inputs, TRIM)
        bundled = [
            unpack_interpreter(files.interpreters[target], target, folder, trim=trim)
            for target, folder in folders.items()
        ]
        compile_bundled(bundled, toolchain, report=report)
    for target, folder in folders.items():
        if runtimes := files.runtimes.get(target):
            store = folder / ARCHIVES
            store.mkdir()
            for one in runtimes:
                _link_or_copy(archives[one.sha256], store / f"{one.sha256}.tar.gz")
        for tool in files.tools.get(target, ()):
            (folder / WHEELS).mkdir(exist_ok=True)
            _link_or_copy(archives[tool.sha256], folder / WHEELS / archives[tool.sha256].name)
        if files.stand_in:
            (folder / FILE).unlink(missing_ok=True)
            shutil.copyfile(files.stand_in, folder / FILE)


def _link_or_copy(source: Path, target: Path) -> None:
    """Link a file, which is faster for many megabytes, or copy it to another file system."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
