"""Loading what a package carries into the folder of its assembled buildpack."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from buildpack_release.runtimes.catalogue import FILE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ARCHIVES = "archives"
"""The folder of an offline package in which a build looks for `<sha256>.tar.gz` first."""


def load_runtimes(buildpack: Path, archives: Mapping[str, Path], catalogue: Path | None) -> None:
    """Put archives, by SHA-256, into an assembled buildpack, and a catalogue in place of its own."""
    folder = buildpack / ARCHIVES
    folder.mkdir()
    for sha256, path in archives.items():
        _place(path, folder / f"{sha256}.tar.gz")
    if catalogue is not None:
        (buildpack / FILE).unlink(missing_ok=True)
        shutil.copyfile(catalogue, buildpack / FILE)


def _place(source: Path, target: Path) -> None:
    """Link a file, which is faster for many megabytes, or copy it to another file system."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
