"""Requirements files for the measurements: plain, and locked with the hashes of wheels."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def names(file: Path) -> list[str]:
    """Return the lines that are requirements."""
    lines = (line.strip() for line in file.read_text("utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def locked(pins: Path, wheels: Iterable[Path]) -> str:
    """Return the pins (`name==version` lines) of a file with the hashes of all their wheels.

    Raises KeyError for one without a wheel.
    """
    lines = _lines(wheels)
    return "".join(lines[_key(*pin.split("=="))] for pin in names(pins))


def hashed(wheels: Iterable[Path]) -> str:
    """Return requirements that pin wheels with their hashes."""
    return "".join(_lines(wheels).values())


def _lines(wheels: Iterable[Path]) -> dict[str, str]:
    """Return the line of each release, with the hashes of all its wheels."""
    digests: dict[str, list[str]] = {}
    for wheel in wheels:
        pin = _key(*wheel.name.split("-")[:2])
        digests.setdefault(pin, []).append(hashlib.sha256(wheel.read_bytes()).hexdigest())
    return {
        pin: " ".join((pin, *(f"--hash=sha256:{one}" for one in found))) + "\n"
        for pin, found in digests.items()
    }


def _key(name: str, version: str) -> str:
    return f"{re.sub(r'[-_.]+', '-', name).lower()}=={version}"
