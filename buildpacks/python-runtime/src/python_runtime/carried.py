"""The archives that an offline package of this buildpack carries: ``archives/<sha256>*``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def bundled_archive(buildpack: Path, sha256: str) -> Path | None:
    """Return the archive with this digest, if it is carried."""
    found = sorted(path for path in (buildpack / "archives").glob(f"{sha256}*") if path.is_file())
    return found[0] if found else None


def carried_archives(buildpack: Path) -> frozenset[str]:
    """Return the sha256 of all of them."""
    found = (path for path in (buildpack / "archives").glob("*") if path.is_file())
    return frozenset(path.name.partition(".")[0] for path in found)
