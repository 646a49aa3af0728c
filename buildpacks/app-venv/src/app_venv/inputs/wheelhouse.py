"""Wheels that the app brings along (``vendor/`` or ``BP_PIP_DEST_PATH``): then nothing else is used."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app_venv.settings import DEST_PATH
from buildpack_api.errors import ConfigurationError
from buildpack_common.files import file_sha256

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_DEFAULT = "vendor"
_ARCHIVES = (".whl", ".tar.gz", ".zip")


@dataclass(frozen=True)
class Wheelhouse:
    """A directory of distributions. ``name`` is relative to the app, ``files`` are sorted by name."""

    name: str
    files: tuple[Path, ...]

    @property
    def title(self) -> str:
        """What it is, for people."""
        count = len(self.files)
        return f"offline from the {count} {'file' if count == 1 else 'files'} in {self.name}/"

    @property
    def arguments(self) -> tuple[str, ...]:
        """What makes pip use nothing else."""
        return ("--no-index", "--find-links", str(self.files[0].parent))

    @property
    def contents(self) -> str:
        """One line for each file, with its SHA-256."""
        return "".join(f"{file_sha256(path)} {path.name}\n" for path in self.files)


def find_wheelhouse(app_dir: Path, named: str) -> Wheelhouse | None:
    """Return the wheelhouse, the one ``named`` if that is not empty; None if there is none.

    Raises ConfigurationError if the one named has nothing in it.

    A directory ``vendor`` counts only if there is a wheel in it: other languages use the name as well.
    """
    if "://" in named:
        raise ConfigurationError(
            f"{DEST_PATH.name} is an address, and only a directory of the app can be named",
            advice="PIP_INDEX_URL or PIP_FIND_LINKS names places in a network, a binding their passwords.",
        )
    name = os.path.normpath(named or _DEFAULT)
    files = _distributions(app_dir / name)
    if named and not files:
        raise ConfigurationError(
            f"{DEST_PATH.name} names a directory without wheels: {named}",
            detail=f"Looked for {', '.join(_ARCHIVES)} in {app_dir / name}.",
            advice="Fill it with: pip download --requirement requirements.txt --dest <directory>, commit it, "
            "and do not exclude it from the upload.",
        )
    if not named and not any(path.suffix == ".whl" for path in files):
        return None
    return Wheelhouse(name, files)


def _distributions(directory: Path) -> tuple[Path, ...]:
    entries: Iterable[Path] = directory.iterdir() if directory.is_dir() else ()
    return tuple(sorted(path for path in entries if path.name.endswith(_ARCHIVES) and path.is_file()))
