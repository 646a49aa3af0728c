"""The packages that the app runs with, told by the names of their metadata directories (PEP 376)."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_common.names import normalise

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from buildpack_api.interpreter import Interpreter


@dataclass(frozen=True)
class Installed:
    """A distribution; ``requested``: the app asked for it by name, not only another package."""

    version: str
    requested: bool = False


@dataclass(frozen=True)
class Environment:
    """A virtual environment, or a Python with packages of its own. ``prefix`` has bin/."""

    prefix: Path
    site_packages: Path
    distributions: Mapping[str, Installed] = field(repr=False)

    def has(self, *names: str) -> bool:
        """Whether all of these distributions (normalised names) are installed."""
        return all(name in self.distributions for name in names)

    def has_any(self, *names: str) -> bool:
        """Whether one of these is."""
        return any(name in self.distributions for name in names)

    def label(self, name: str) -> str:
        """Return name and version for people."""
        return f"{name} {self.distributions[name].version}"

    def version(self, name: str) -> tuple[int, ...]:
        """Return the first numbers of a version, () for what is not installed or has none."""
        found = self.distributions.get(name)
        parts = found.version.split(".")[:3] if found else []
        numbers = []
        for part in parts:
            digits = part[: len(part) - len(part.lstrip("0123456789"))]
            if not digits:
                break
            numbers.append(int(digits))
        return tuple(numbers)

    def program(self, name: str) -> Path | None:
        """Return a program of the environment, None if there is no such."""
        path = self.prefix / "bin" / name
        return path if os.access(path, os.X_OK) and path.is_file() else None


def find_environment(interpreter: Interpreter, environment: Mapping[str, str]) -> Environment:
    """Return what the first Python on PATH has; the one of VIRTUAL_ENV if that is set, as other tools do."""
    named = environment.get("VIRTUAL_ENV", "")
    places = [Path(named)] if named.startswith("/") else []
    for prefix in (*places, interpreter.executable.parent.parent):
        site_packages = prefix / "lib" / f"python{interpreter.minor}" / "site-packages"
        if site_packages.is_dir():
            return Environment(prefix, site_packages, dict(_distributions(site_packages)))
    return Environment(interpreter.executable.parent.parent, Path("/nonexistent"), {})


def _distributions(site_packages: Path) -> Iterator[tuple[str, Installed]]:
    with suppress(OSError), os.scandir(site_packages) as entries:
        for entry in entries:
            stem, ending = os.path.splitext(entry.name)  # noqa: PTH122  (text)
            if ending in (".dist-info", ".egg-info"):
                name, _, version = stem.partition("-")
                requested = os.path.lexists(os.path.join(entry.path, "REQUESTED"))  # noqa: PTH118
                yield normalise(name), Installed(version.partition("-")[0], requested)
