"""What the lock files of other tools say of each package, whichever tool it is.

The tool selects and installs. What its choice rests on is told here: whether the lock alone determines every
byte, and which of its files an installed distribution is from.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, Any

from app_venv.evidence.resolution import UNPROVABLE, ResolvedDistribution

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app_venv.environment.installed import InstalledDistribution

LOCAL = ("editable", "directory")
"""Kinds of packages that are built of a directory."""

_STRONG = ("sha256:", "sha384:", "sha512:")


@dataclass(frozen=True)
class LockedFile:
    """A file that may be installed: its name, or '' if the lock has none, and its hash (``sha256:...``)."""

    name: str
    hash: str

    @property
    def strong(self) -> bool:
        """Whether the hash determines every byte."""
        return self.hash.startswith(_STRONG)


@dataclass(frozen=True)
class LockedPackage:
    """A package of the lock. ``kind`` is where it is from (registry, url, git ...), ``place`` which one."""

    name: str
    version: str
    kind: str
    place: str
    wheels: tuple[LockedFile, ...]
    sdist: LockedFile | None
    table: Mapping[str, Any] = field(repr=False, compare=False)

    @property
    def is_local(self) -> bool:
        """Whether it is built of a directory."""
        return self.kind in LOCAL

    @property
    def choice(self) -> str:
        """All the files of which one is installed, as a text to compare."""
        files = [*self.wheels, *([self.sdist] if self.sdist else [])]
        return repr((self.kind, self.name, self.version, sorted((one.name, one.hash) for one in files)))

    @property
    def reason(self) -> str:
        """Why the lock does not determine what is installed of it; '' if it does."""
        if self.kind == "git":
            return "comes from a version control system"
        if self.is_local:
            return "comes from a local directory"
        files = [*self.wheels, *([self.sdist] if self.sdist else [])]
        return "" if files and all(one.strong for one in files) else "has no strong hash"


@dataclass(frozen=True)
class LockedPackages:
    """What is installed of a lock file.

    ``packages`` are those that the project needs, itself too if it is installed; ``direct`` are the names of
    those that it asks for itself. Packages of which only the tool can tell whether they are needed count as
    well.
    """

    packages: tuple[LockedPackage, ...]
    direct: frozenset[str]

    def find(self, name: str, version: str) -> LockedPackage | None:
        """Return what an installed distribution is, in the lock's words."""
        same = [one for one in self.packages if one.name == name]
        exact = [one for one in same if _same_version(one.version, version)]
        found = exact or [one for one in same if not one.version]  # its build backend knows the version
        return found[0] if found else None


def resolved(
    one: InstalledDistribution, lock: LockedPackages, *, built: bool = False
) -> ResolvedDistribution:
    """Return what the lock knows of what is installed.

    ``built``: it was built here, although the lock may have a wheel of the same tags.
    """
    package = lock.find(one.name, one.version)
    if package is None or package.reason:
        return ResolvedDistribution(one.name, one.version, UNPROVABLE)
    wheel = None if built else _wheel_of(one, package)
    if wheel is not None:
        published = package.kind == "registry"
        return ResolvedDistribution(one.name, one.version, wheel.hash, published=published)
    origin = package.sdist.hash if package.sdist else UNPROVABLE
    return ResolvedDistribution(one.name, one.version, origin, built=True)


def _wheel_of(one: InstalledDistribution, package: LockedPackage) -> LockedFile | None:
    """Return the wheel with the tags of the installed one; None if it was built here."""
    if one.directory is None:
        return None
    try:
        lines = (one.directory / "WHEEL").read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    tags = frozenset(line.partition(":")[2].strip() for line in lines if line.startswith("Tag:"))
    found = [wheel for wheel in package.wheels if tags & _tags(wheel.name)]
    exact = [wheel for wheel in found if tags == _tags(wheel.name)]
    return next(iter([*exact, *found]), None)


def _tags(name: str) -> frozenset[str]:
    """Return the tags of a wheel by its name (PyPA specification 'Binary distribution format')."""
    parts = name.removesuffix(".whl").split("-")[-3:]
    if len(parts) < 3:  # noqa: PLR2004  (python, abi, platform)
        return frozenset()
    pythons, abis, platforms = (part.split(".") for part in parts)
    return frozenset("-".join(tag) for tag in product(pythons, abis, platforms))


def _same_version(locked: str, installed: str) -> bool:
    if locked == installed:
        return True
    from packaging.version import InvalidVersion, Version

    try:
        return Version(locked) == Version(installed)
    except InvalidVersion:
        return False


def may_hold(marker: str, environment: Mapping[str, str]) -> bool:
    """Evaluate a marker; one that only the tool understands may hold, as those about extras."""
    if not marker or "extra" in marker:
        return True
    from packaging.markers import Marker

    try:
        return Marker(marker).evaluate(dict(environment))
    except ValueError:  # no marker, or one that compares what cannot be compared
        return True
