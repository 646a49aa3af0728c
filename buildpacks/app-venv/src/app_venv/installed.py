"""What is in a site-packages directory, from the metadata that installers leave there (PEP 376, PEP 566)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app_venv.resolution import normalise

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True)
class Distribution:
    """An installed distribution. ``size`` in bytes of the files it records."""

    name: str
    version: str
    size: int


def installed_distributions(site_packages: Path) -> tuple[Distribution, ...]:
    """Return all distributions, sorted by name."""
    found = (_read(path) for path in _metadata_directories(site_packages))
    return tuple(sorted((item for item in found if item), key=lambda item: item.name))


def _metadata_directories(site_packages: Path) -> Iterator[Path]:
    if site_packages.is_dir():
        for entry in os.scandir(site_packages):
            if entry.name.endswith((".dist-info", ".egg-info")):
                yield site_packages / entry.name


def _read(directory: Path) -> Distribution | None:
    for name in ("METADATA", "PKG-INFO"):
        try:
            text = (directory / name).read_text("utf-8", "replace")
        except OSError:
            continue
        headers = dict(line.partition(": ")[::2] for line in text.partition("\n\n")[0].splitlines())
        if headers.get("Name"):
            size = _recorded_size(directory / "RECORD")
            return Distribution(normalise(headers["Name"]), headers.get("Version", ""), size)
    return None


def _recorded_size(record: Path) -> int:
    try:
        lines = record.read_text("utf-8", "replace").splitlines()
    except OSError:
        return 0
    sizes = (line.rpartition(",")[2] for line in lines)
    return sum(int(size) for size in sizes if size.isdigit())
