"""What the environments of this repository are made of.

Standard library only: it is imported where nothing is installed yet (set-up, a bare `nox`, a bare `inv`).
"""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import re
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import ModuleType

LIBRARIES = ("buildpack-common", "buildpack-api", "oci-registry", "buildpack-release", "buildpack-testing")
"""This repository's own, in packages/. They are never installed: their `src` is put on the path."""

LOCKED = {
    "maintain": True,
    "lint": False,
    "types": True,
    "tests": True,
    "coverage": True,
    "bench": True,
    "docs": False,
    "pictures": True,
    "lock": False,
}
"""The dependency groups that environments are made of, and whether the libraries are in these as well.

What each one gets, to the last dependency and its digests, is in `locks/GROUP.txt`, which the session `lock`
makes.
"""
HASHED = ("--require-hashes", "--only-binary", ":all:")
"""Options of pip and uv: nothing is installed but wheels with the digests of a lock; no build runs code."""
_PIN = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^ ;\\]+)(?: *; *(?P<marker>[^\\]+?))?(?: *\\)?")

DIVERTING = frozenset(
    (
        *("PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_PYTHON", "PIP_REQUIRE_VIRTUALENV"),
        *("PIP_NO_DEPS", "PIP_DRY_RUN", "UV_PYTHON", "UV_SYSTEM_PYTHON", "PYTHONPATH", "PYTHONHOME"),
    )
)
"""Variables that would make a package be installed elsewhere than in the environment, or not at all."""


class SetupError(Exception):
    """Something in the way of an environment; the text is one clear line for people."""


def put_on_path(root: Path, site_packages: Path, *aliases: Path) -> None:
    """Let the Python of these site-packages find this repository's libraries.

    The aliases are other names of that directory, by which its Python may be started.
    """
    # Relative, so that they are found in any encoding, and when the checkout has moved.
    paths = [
        os.path.relpath(root / "packages" / name / "src", known)
        for known in (*aliases, site_packages)
        for name in LIBRARIES
    ]
    (site_packages / "strata.pth").write_text("".join(f"{path}\n" for path in paths), "ascii")


def requirements(root: Path, *groups: str, libraries: bool = True) -> list[str]:
    """Return all that some dependency groups and, if wanted, this repository's libraries require, sorted.

    Raises SetupError, with the file and if there is one the line, if a pyproject.toml cannot be understood.
    """
    found: set[str] = set()
    for group in groups:
        found |= _group(root / "pyproject.toml", group)
    for name in LIBRARIES if libraries else ():
        found |= _dependencies(root / "packages" / name / "pyproject.toml")
    return sorted(one for one in found if _name(one) not in LIBRARIES)


def lock_file(root: Path, group: str) -> Path:
    """Return the file with what a group of `LOCKED` is installed from."""
    return root / "locks" / f"{group}.txt"


def locked(root: Path, group: str) -> str:
    """Return the text of a lock. Raises SetupError."""
    file = lock_file(root, group)
    try:
        return file.read_text("utf-8")
    except OSError as error:
        raise SetupError(f"{file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SetupError(f"{file}: this is no lock: it is not UTF-8") from None


def not_locked(root: Path, group: str, environment: Mapping[str, str] | None = None) -> list[str]:
    """Return the requirements of a group that its lock does not meet, sorted; none if it is up to date.

    `environment` has values of markers that differ from the running Python's. Raises SetupError.
    """
    marker, requirement = (_vendored(f"packaging.{name}") for name in ("markers", "requirements"))
    own = {**marker.default_environment(), **(environment or {}), "extra": ""}
    pins: dict[str, list[str]] = {}
    for line in locked(root, group).splitlines():
        pin = _PIN.fullmatch(line)
        if pin and (pin["marker"] is None or marker.Marker(pin["marker"]).evaluate(own)):
            pins.setdefault(_name(pin["name"]), []).append(pin["version"])
    found = []
    for text in requirements(root, group, libraries=LOCKED[group]):
        try:
            parsed = requirement.Requirement(text)
        except ValueError as error:
            raise SetupError(f'"{text}" is no requirement: {str(error).splitlines()[0]}') from None
        if parsed.marker is not None and not parsed.marker.evaluate(own):
            continue
        versions = pins.get(_name(parsed.name), [])
        if not any(parsed.specifier.contains(version, prereleases=True) for version in versions):
            found.append(text)
    return found


def lowest(wanted: Iterable[str]) -> list[str]:
    """Return requirements that allow only the lowest version of what each one allows, sorted.

    Of several for one project the highest of their lowest versions counts. Raises SetupError for one that
    names no lowest version.
    """
    requirement = _vendored("packaging.requirements").Requirement
    version = _vendored("packaging.version").Version
    found: dict[tuple[str, str], Any] = {}
    for parsed in map(requirement, wanted):
        floors = [version(one.version) for one in parsed.specifier if one.operator in {">=", "~=", "=="}]
        if not floors:
            raise SetupError(f'the requirement "{parsed}" has no lowest version')
        key = (_name(parsed.name), str(parsed.marker or ""))
        found[key] = max([*floors, *([found[key]] if key in found else [])])
    return sorted(
        f"{name}=={floor}" + (f"; {marker}" if marker else "") for (name, marker), floor in found.items()
    )


def missing(wanted: Iterable[str]) -> dict[str, str]:
    """Return the requirements that the running Python does not meet, of those that concern it, by name."""
    requirement = _vendored("packaging.requirements").Requirement
    lacking: dict[str, Any] = {}  # a SpecifierSet of packaging's, which may be pip's
    for parsed in map(requirement, wanted):
        if parsed.marker is not None and not parsed.marker.evaluate():
            continue
        try:
            version = importlib.metadata.version(parsed.name)
        except importlib.metadata.PackageNotFoundError:
            version = ""
        if not version or not parsed.specifier.contains(version, prereleases=True):
            before = lacking.get(parsed.name)
            lacking[parsed.name] = parsed.specifier & before if before else parsed.specifier
    return {name: f"{name}{specifier}" for name, specifier in lacking.items()}


def read_toml(file: Path) -> dict[str, Any]:
    """Read a TOML file. Raises SetupError with file and line if it cannot be read."""
    parser = _toml_parser()
    try:
        data = file.read_bytes()
    except OSError as error:
        raise SetupError(f"{file}: {error.strerror}") from None
    try:
        content: dict[str, Any] = parser.loads(data.decode())
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SetupError(f"{file}:{line}: this is not TOML: it is not UTF-8") from None
    except ValueError as error:
        what, _, where = str(error).removesuffix(")").rpartition(" (at ")
        place = re.fullmatch(r"line (\d+), column \d+", where)
        line = int(place[1]) if place else data.count(b"\n") + 1  # at the end of the document
        raise SetupError(f"{file}:{line}: this is not TOML: {what}") from None
    return content


def _name(requirement: str) -> str:
    """Return the normalized name that a requirement begins with."""
    return re.sub(r"[-_.]+", "-", re.split(r"[^A-Za-z0-9._-]", requirement.strip(), maxsplit=1)[0]).lower()


def _group(file: Path, name: str, *, including: tuple[str, ...] = ()) -> set[str]:
    """Return what a dependency group holds, with the groups that it includes (PEP 735)."""
    content = read_toml(file).get("dependency-groups", {})
    if name in including:
        raise SetupError(f'{file}: the dependency group "{name}" includes itself')
    if not isinstance(content, dict) or not isinstance(content.get(name), list):
        raise SetupError(f'{file}: there is no dependency group "{name}"')
    found: set[str] = set()
    for entry in content[name]:
        if isinstance(entry, str):
            found.add(entry)
        elif isinstance(entry, dict) and isinstance(entry.get("include-group"), str):
            found |= _group(file, entry["include-group"], including=(*including, name))
        else:
            raise SetupError(f'{file}: this does not belong in the dependency group "{name}": {entry!r}')
    return found


def _dependencies(file: Path) -> set[str]:
    """Return the dependencies of a library."""
    project = read_toml(file).get("project", {})
    found = project.get("dependencies", []) if isinstance(project, dict) else None
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise SetupError(f"{file}: project.dependencies is not a list of requirements")
    return set(found)


def _toml_parser() -> ModuleType:
    """Return a parser of TOML: 3.11 brings one, for 3.10 there is pip's."""
    try:
        return importlib.import_module("tomllib")
    except ModuleNotFoundError:
        return _vendored("tomli")


def _vendored(name: str) -> ModuleType:
    """Return an installed library, or else pip's copy of it, also of the pip that new environments get."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        bundled = Path(sysconfig.get_path("stdlib"), "ensurepip", "_bundled")
        of_debian = Path("/usr/share/python-wheels")
        sys.path += (str(wheel) for place in (bundled, of_debian) for wheel in place.glob("pip-*.whl"))
    try:
        return importlib.import_module(f"pip._vendor.{name}")
    except ModuleNotFoundError:
        python = f"{sys.executable} (Python {sys.version_info[0]}.{sys.version_info[1]})"
        raise SetupError(f"{python} has no pip: on Debian and Ubuntu, install python3-venv") from None
