"""Requirements files for the measurements: plain, and locked with the hashes of wheels."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from support.uv_projects import run_uv

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path


def names(file: Path) -> list[str]:
    """Return the lines that are requirements."""
    lines = (line.strip() for line in file.read_text("utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def locked(file: Path, wheels: Iterable[Path]) -> str:
    """Return the pins of a file with the hashes of all their wheels.

    Raises KeyError for one without a wheel.
    """
    return locked_pins(pins(file.read_text("utf-8")), wheels)


def pins(text: str) -> dict[str, str]:
    """Return the version of each project that a requirements file pins, in its order."""
    found = (line.split()[0].partition("==") for line in text.splitlines() if "==" in line.partition("#")[0])
    return {name: version for name, _, version in found if name and not name.startswith("-")}


def locked_pins(pinned: Mapping[str, str], wheels: Iterable[Path]) -> str:
    """Return pins with the hashes of all their wheels. Raises KeyError for one without a wheel."""
    lines = _lines(wheels)
    return "".join(lines[_key(*pin)] for pin in pinned.items())


def lock_project(app: Path, pinned: Mapping[str, str], minor: str, index_url: str) -> None:
    """Write a pyproject.toml that asks for pins and its uv.lock, in the place of requirements."""
    listed = "".join(f'  "{name}=={version}",\n' for name, version in pinned.items())
    head = f'[project]\nname = "app"\nversion = "1.0"\nrequires-python = ">={minor}"\n'
    here = "[tool.uv]\nenvironments = [\"sys_platform == 'linux'\"]\n"  # the index has wheels for no other
    (app / "pyproject.toml").write_text(f"{head}dependencies = [\n{listed}]\n{here}", "utf-8")
    (app / "requirements.txt").unlink(missing_ok=True)
    run_uv("lock", cwd=app, UV_DEFAULT_INDEX=index_url)


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
