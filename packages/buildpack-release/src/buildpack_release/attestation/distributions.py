"""What is in a buildpack that others made: distributions of the Python Package Index, and Pythons."""

from __future__ import annotations

from dataclasses import dataclass
from email.parser import HeaderParser
from typing import TYPE_CHECKING

from buildpack_common.licences import Licence, licence_of
from buildpack_common.names import pypi_purl
from buildpack_release.errors import ReleaseError
from buildpack_release.wheels.wheel_file import member_paths, read_metadata
from oci_registry.content import file_sha256

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from buildpack_release.dist.embedded import EmbeddedRuntime, EmbeddedTool
    from buildpack_release.model.targets import DeclaredTarget
    from buildpack_release.wheels.lock_file import Pin


@dataclass(frozen=True)
class PackagedFile:
    """A file by its path in the buildpack, with the SHA-256 (hex) of what is there."""

    path: str
    sha256: str


@dataclass(frozen=True)
class VendoredDistribution:
    """A distribution in a buildpack. `sha256` (hex) is that of its wheel, which the lock file has."""

    name: str
    version: str
    sha256: str
    licence: Licence
    files: tuple[PackagedFile, ...]

    @property
    def purl(self) -> str:
        """The package URL (purl specification, type `pypi`)."""
        return pypi_purl(self.name, self.version)


@dataclass(frozen=True)
class CarriedPython:
    """An archive of Python in a package; `version` is "" if unknown.

    `role` is "interpreter" for the one that runs the buildpack, and "runtime" for one that apps get.
    """

    role: str
    version: str
    target: str
    sha256: str


@dataclass(frozen=True)
class CarriedTool:
    """A wheel of a tool in a package, for one target; `sha256` in hex."""

    name: str
    version: str
    target: str
    sha256: str


def read_distributions(
    vendored: Mapping[Pin, Path], kept: Mapping[Pin, Path], folder: Path
) -> tuple[VendoredDistribution, ...]:
    """Describe the wheels of an assembled buildpack, sorted by name.

    Args:
        vendored: the wheels that were unpacked into `lib/`.
        kept: the wheels that are whole in `wheels/`.
        folder: the assembled buildpack; its files are read.

    Raises:
        ReleaseError: a wheel cannot be read, or a file of it is missing in the folder.
    """
    found = [
        *(_read(pin, wheel, folder, _unpacked(wheel)) for pin, wheel in vendored.items()),
        *(_read(pin, wheel, folder, (f"wheels/{wheel.name}",)) for pin, wheel in kept.items()),
    ]
    return tuple(sorted(found, key=lambda one: (one.purl, one.files[:1] and one.files[0].path)))


def carried_pythons(
    interpreters: Mapping[DeclaredTarget, str],
    versions: Mapping[DeclaredTarget, str],
    runtimes: Mapping[DeclaredTarget, Sequence[EmbeddedRuntime]],
) -> tuple[CarriedPython, ...]:
    """Describe the archives in a package.

    Args:
        interpreters: the digests of those of interpreters.
        versions: their versions, as far as they are known.
        runtimes: those for apps.
    """
    found = [
        CarriedPython("interpreter", versions.get(target, ""), str(target), _hex(digest))
        for target, digest in interpreters.items()
    ]
    for target, archives in runtimes.items():
        found += [CarriedPython("runtime", one.version, str(target), one.sha256) for one in archives]
    return tuple(found)


def carried_tools(tools: Mapping[DeclaredTarget, Sequence[EmbeddedTool]]) -> tuple[CarriedTool, ...]:
    """Describe the wheels of tools in a package."""
    return tuple(
        CarriedTool(one.name, one.version, str(target), one.sha256)
        for target, found in tools.items()
        for one in found
    )


def _unpacked(wheel: Path) -> tuple[str, ...]:
    return tuple(f"lib/{path}" for path in member_paths(wheel))


def _read(pin: Pin, wheel: Path, folder: Path, paths: Iterable[str]) -> VendoredDistribution:
    try:
        files = tuple(PackagedFile(path, _hex(file_sha256(folder / path))) for path in sorted(paths))
        licence = read_licence(read_metadata(wheel))
    except OSError as error:
        raise ReleaseError(f"cannot describe {pin}: {error}", file=wheel) from error
    return VendoredDistribution(pin.name, pin.version, _hex(file_sha256(wheel)), licence, files)


def read_licence(metadata: str) -> Licence:
    """Return the licence that a distribution's core metadata tell."""
    headers = HeaderParser().parsestr(metadata)
    return licence_of(
        str(headers.get("License-Expression", "")),
        str(headers.get("License", "")),
        [str(one) for one in headers.get_all("Classifier", [])],
    )


def _hex(digest: str) -> str:
    return digest.removeprefix("sha256:")
