"""The app has nothing to install from: what was looked for, what is there instead, and what to check."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app_venv.settings import REQUIREMENT
from buildpack_api.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Manager:
    """Another program that installs from files of its own, or one that pip cannot stand in for.

    ``export`` is the command that makes of its lock file one which pip reads, without what is only for
    development; ``with_project`` the one for projects that have to be installed too.
    """

    name: str
    export: str = ""
    with_project: str = ""

    def commands(self, *, project: bool) -> str:
        """Return what to run, and to commit the result of."""
        return self.with_project if project and self.with_project else self.export


_UV = "uv export --no-default-groups{} --format pylock.toml --output-file pylock.toml"
_POETRY = "poetry export{} --output requirements.txt"
_ITSELF = "echo '--editable .' >> requirements.txt"
POETRY = Manager(
    "Poetry",
    f"poetry lock\n  {_POETRY.format('')}  (plugin poetry-plugin-export)",
    f"poetry lock\n  {_POETRY.format(' --without-hashes')}  (plugin poetry-plugin-export)\n  {_ITSELF}",
)
FOREIGN_LOCKS: Mapping[str, Manager] = {
    "uv.lock": Manager("uv", _UV.format(" --no-emit-project"), _UV.format("")),
    "poetry.lock": POETRY,
    "Pipfile": Manager("Pipenv", "pipenv lock"),
    "environment.yml": Manager("Conda"),
    "environment.yaml": Manager("Conda"),
    "conda-lock.yml": Manager("Conda"),
    "pixi.lock": Manager("Pixi"),
}
"""Files of other managers."""

_LOOKED_FOR = (
    "requirements.txt, pylock.toml, pylock.<name>.toml, pdm.lock, Pipfile.lock, pyproject.toml with [project]"
)
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
        yield _without_project(app_dir / "pyproject.toml")
    for name in names:
        if name in FOREIGN_LOCKS:
            yield _foreign(FOREIGN_LOCKS[name], name)
        elif name not in _EXACT and _ALMOST.fullmatch(name):
            yield _almost(app_dir / name)
    for name in ("setup.py", "setup.cfg"):
        if name in names:
            yield f"{name} is there: a requirements.txt with the line '.' installs the project."
    yield from _deeper(app_dir, names)


def _without_project(path: Path) -> str:
    from app_venv.inputs.project_table import read_project_table  # only for an error

    text = "pyproject.toml is there, but has no table [project]"
    elsewhere = read_project_table(path).elsewhere
    if not elsewhere:
        return f"{text}: its tools' settings name no dependencies."
    text = f"{text}: its dependencies are in {elsewhere}, which pip cannot read."
    return f"{text} This gives a file that it can read:\n  {POETRY.export}" if "poetry" in elsewhere else text


def _foreign(manager: Manager, name: str) -> str:
    text = f"{name} is there, but that is for {manager.name}, and pip cannot read it."
    return f"{text} This gives a file that it can read:\n  {manager.export}" if manager.export else text


def _almost(path: Path) -> str:
    if not path.is_dir():
        return f"{path.name} is there: if it is the one that is meant, set {REQUIREMENT.name}={path.name}"
    inside = [name for name in _names(path) if name.endswith(".txt")]
    if not inside:
        return f"{path.name} is there, but it is a directory."
    examples = " ".join(f"{path.name}/{name}" for name in inside[:3])
    return f"{path.name} is a directory; {REQUIREMENT.name} can name files in it, of {examples}"


def _deeper(app_dir: Path, names: Iterable[str]) -> Iterator[str]:
    folders = [name for name in names if not name.startswith(".") and not _ALMOST.fullmatch(name)]
    inner = (f"{name}/{one}" for name in folders for one in _names(app_dir / name) if not one.startswith("."))
    for folder in (*folders, *inner):
        for file in ("requirements.txt", "pylock.toml", "pyproject.toml"):
            if (app_dir / folder / file).is_file():
                yield f"{folder}/{file} is there: is {folder} the directory of the app (pack build --path)?"


def _names(directory: Path) -> list[str]:
    try:
        return sorted(os.listdir(directory))  # noqa: PTH208  (names)
    except OSError:
        return []
