"""The app has nothing to install from: what was looked for, what is there instead, and what to check."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from buildpack_api.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

FOREIGN_LOCKS: Mapping[str, tuple[str, str]] = {
    "uv.lock": ("uv", "uv export --format pylock.toml --no-emit-project --output-file pylock.toml"),
    "poetry.lock": ("Poetry", "poetry export --output requirements.txt  (plugin poetry-plugin-export)"),
    "pdm.lock": ("PDM", "pdm export --prod --output requirements.txt"),
    "Pipfile.lock": ("Pipenv", "pipenv requirements --hash > requirements.txt"),
    "Pipfile": ("Pipenv", "pipenv lock; pipenv requirements --hash > requirements.txt"),
    "environment.yml": ("Conda", ""),
    "environment.yaml": ("Conda", ""),
    "conda-lock.yml": ("Conda", ""),
    "pixi.lock": ("Pixi", ""),
}
"""Files of other managers: who reads them, and the command that gives a file which pip reads."""

_LOOKED_FOR = "requirements.txt, pylock.toml, pylock.<name>.toml, pyproject.toml with [project]"
_ALMOST = re.compile(
    r"(requirements?|reqs?)\b.*|.*[-_.]requirements\.txt|pylock.*|pyproject\.t.*", re.IGNORECASE
)
_EXACT = frozenset({"requirements.txt", "pyproject.toml", "pylock.toml"})
_CHECKS = (
    "It is in the top directory of what is uploaded (pack build --path).",
    "It is spelt exactly so: small letters, one ending.",
    "It is committed, and neither .gitignore nor project.toml keeps it out.",
    "An app without dependencies has an empty requirements.txt.",
    "BP_PIP_REQUIREMENT names files with other names, or in other directories.",
)


def nothing_to_install(app_dir: Path) -> ConfigurationError:
    """Return the error for an app without any file to install from."""
    there = "\n".join(_there(app_dir))
    return ConfigurationError(
        "Nothing says what this app needs installed",
        detail=f"Looked for: {_LOOKED_FOR}.\n{there}".rstrip(),
        advice="Check that\n" + "\n".join(f"  - {check}" for check in _CHECKS),
    )


def _there(app_dir: Path) -> Iterator[str]:
    """Yield a sentence for each thing that may have been meant."""
    names = _names(app_dir)
    if "pyproject.toml" in names:
        yield "pyproject.toml is there, but has no table [project]: its tools' settings name no dependencies."
    for name in names:
        if name in FOREIGN_LOCKS:
            yield _foreign(*FOREIGN_LOCKS[name], name)
        elif name not in _EXACT and _ALMOST.fullmatch(name):
            yield _almost(app_dir / name)
    for name in ("setup.py", "setup.cfg"):
        if name in names:
            yield f"{name} is there: a requirements.txt with the line '.' installs the project."
    yield from _deeper(app_dir, names)


def _foreign(manager: str, export: str, name: str) -> str:
    text = f"{name} is there, but that is for {manager}, and pip cannot read it."
    return f"{text} This gives a file that it can read:\n  {export}" if export else text


def _almost(path: Path) -> str:
    if not path.is_dir():
        return f"{path.name} is there: is it the one that is meant?"
    inside = [name for name in _names(path) if name.endswith(".txt")]
    if not inside:
        return f"{path.name} is there, but it is a directory."
    examples = " ".join(f"{path.name}/{name}" for name in inside[:3])
    return f"{path.name} is a directory; BP_PIP_REQUIREMENT can name files in it, of {examples}"


def _deeper(app_dir: Path, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        for file in ("requirements.txt", "pylock.toml", "pyproject.toml"):
            if not name.startswith(".") and not _ALMOST.fullmatch(name) and (app_dir / name / file).is_file():
                yield f"{name}/{file} is there: is {name} the directory of the app?"


def _names(directory: Path) -> list[str]:
    try:
        return sorted(os.listdir(directory))  # noqa: PTH208  (names)
    except OSError:
        return []
