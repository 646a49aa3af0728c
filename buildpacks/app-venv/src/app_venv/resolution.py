"""What pip chose to install, from its own report (pip documentation, 'Installation Report')."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from buildpack_api.errors import BuildpackError
from buildpack_common.names import normalise
from buildpack_common.redaction import without_credentials

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

UNPROVABLE = "unprovable"
"""Origin of what comes from a directory or a version control system: it has no hash."""


_PUBLISHED = "published"


@dataclass(frozen=True)
class Package:
    """One distribution.

    ``name`` is normalised; ``origin`` is ``sha256:...`` of the artefact, or what else is known about it,
    never an address. ``extras`` are those that were asked for; what they led to are packages of their own.
    ``published``: it is a wheel of an index, as that has it.
    """

    name: str
    version: str
    origin: str
    extras: tuple[str, ...] = field(default=(), compare=False)
    published: bool = field(default=False, compare=False)

    def __str__(self) -> str:
        extras = f"[{','.join(self.extras)}]" if self.extras else ""
        published = f" {_PUBLISHED}" if self.published else ""
        return f"{self.name}{extras}=={self.version} {self.origin}{published}"


@dataclass(frozen=True)
class Resolution:
    """All distributions of an installation, sorted by name."""

    packages: tuple[Package, ...] = ()

    @property
    def record(self) -> tuple[str, ...]:
        """The form that is kept in a layer key."""
        return tuple(str(package) for package in self.packages)

    @property
    def unprovable(self) -> tuple[str, ...]:
        """Names of the packages without a hash that a later resolution could be compared with."""
        return tuple(package.name for package in self.packages if package.origin == UNPROVABLE)

    def changes_to(self, newer: Resolution) -> tuple[str, ...]:
        """Return one sentence for each difference; none if both would give the same environment."""
        old = {package.name: package for package in self.packages}
        new = {package.name: package for package in newer.packages}
        return tuple(
            _change(old.get(name), new.get(name))
            for name in sorted({*old, *new})
            if old.get(name) != new.get(name)
        )


def read_record(record: tuple[str, ...]) -> Resolution:
    """Read what `Resolution.record` wrote; whatever it did not write is left out."""
    packages = []
    for text in record:
        pin, _, rest = text.partition(" ")
        origin, _, published = rest.partition(" ")
        named, separator, version = pin.partition("==")
        name, _, extras = named.removesuffix("]").partition("[")
        if separator:
            asked = tuple(filter(None, extras.split(",")))
            packages.append(Package(name, version, origin, asked, published == _PUBLISHED))
    return Resolution(tuple(packages))


def read_report(path: Path) -> Resolution:
    """Read the file that ``pip install --report`` wrote. Raises BuildpackError if it is no such file."""
    import json  # noqa: PLC0415  (only when pip has run)

    try:
        document = json.loads(path.read_bytes())
        packages = [_package(item) for item in document["install"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BuildpackError(
            "pip wrote no report of what it installed",
            detail=f"{path.name}: {error}",
            advice="Use the pip of strata/pip-tool, or another one from 23.0 on.",
        ) from error
    return Resolution(tuple(sorted(packages, key=lambda package: package.name)))


def is_name(text: str) -> bool:
    """Say whether a project or an extra may be called so (name format of the packaging specifications)."""
    return re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", text) is not None


def _package(item: Mapping[str, Any]) -> Package:
    metadata = item["metadata"]
    extras = tuple(sorted(normalise(extra) for extra in item.get("requested_extras") or ()))
    origin = _origin(item["download_info"])
    name, version, published = normalise(metadata["name"]), metadata["version"], _is_published(item, origin)
    return Package(name, version, origin, extras, published)


def _is_published(item: Mapping[str, Any], origin: str) -> bool:
    """Say whether it is a wheel that an index lists: not one from a requirement's own address or from a disk.

    One that was built here of a published source has that one's address.
    """
    from urllib.parse import urlsplit  # noqa: PLC0415  (only when pip has run)

    address = urlsplit(item["download_info"]["url"])
    named = address.path.endswith(".whl") and address.scheme in ("http", "https")
    return named and not item.get("is_direct", True) and origin.startswith("sha")


def _origin(download: Mapping[str, Any]) -> str:
    archive = download.get("archive_info")
    if archive is None:
        return UNPROVABLE
    hashes: Mapping[str, str] = archive.get("hashes") or {}
    for algorithm in ("sha256", "sha512", "sha384"):
        if algorithm in hashes:
            return f"{algorithm}:{hashes[algorithm]}"
    address = without_credentials(download["url"]).encode("utf-8", "surrogatepass")
    return f"address:{hashlib.sha256(address).hexdigest()[:16]}"


def _change(old: Package | None, new: Package | None) -> str:
    if old is None:
        return f"{new.name} {new.version} comes in" if new else ""
    if new is None:
        return f"{old.name} {old.version} is no longer needed"
    if old.version != new.version:
        return f"{old.name} {old.version} -> {new.version}"
    return f"{old.name} {old.version}: another file of the same version"
