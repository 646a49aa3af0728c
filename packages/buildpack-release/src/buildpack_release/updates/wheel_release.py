"""Releases of projects as wheels that a buildpack can carry, as the index that pip uses has them."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from buildpack_common.parsing import parse_requirement
from buildpack_release.errors import ReleaseError, UsageError
from buildpack_release.model.settings import MINORS
from buildpack_release.wheels.pip_command import last_lines, pip_failure, run_pip, was_unreachable
from buildpack_release.wheels.vendor import WheelTags
from buildpack_release.wheels.wheel_file import check_pure, read_metadata
from oci_registry.content import file_sha256

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping

    from packaging.requirements import Requirement

_YANKED = "is a yanked version"
_MISSING = re.compile(r"No matching distribution found for (\S+)")
_KNOWN = re.compile(r"\(from versions: ([^)]*)\)")
_SHOWN = 5
_ADVICE = "It must be on the index that pip uses, as a wheel for every Python from 3.10 on."


@dataclass(frozen=True)
class WheelRelease:
    """A wheel of a release: its version, its SHA-256 in hex, and the requirements that it has itself."""

    name: str
    version: Version
    sha256: str
    requires: tuple[Requirement, ...] = ()

    @classmethod
    def read(cls, wheel: Path) -> WheelRelease:
        """Read a wheel. Raises ReleaseError unless it is pure and for every supported Python."""
        check_pure(wheel.name)
        headers = HeaderParser().parsestr(read_metadata(wheel))
        try:
            name, version, _, _ = parse_wheel_filename(wheel.name)
            python = SpecifierSet(str(headers.get("Requires-Python", "")))
            requires = tuple(parse_requirement(str(one)) for one in headers.get_all("Requires-Dist", []))
        except (ValueError, InvalidSpecifier, InvalidRequirement) as error:
            raise ReleaseError(f"cannot understand the metadata of {wheel.name}: {error}") from None
        unfit = [minor for minor in MINORS if not python.contains(f"{minor}.0")]
        if unfit:
            raise ReleaseError(
                f"{name} {version} does not run with Python {', '.join(unfit)}",
                detail=f"It requires Python {python}; the code of a buildpack runs with {', '.join(MINORS)}.",
                advice="Choose another release with --version.",
            )
        return cls(name, version, file_sha256(wheel).removeprefix("sha256:"), requires)

    def unmet(self, versions: Mapping[str, Version]) -> list[Requirement]:
        """Return what these versions, by normalised names, do not meet of the requirements without extras."""
        return [
            one
            for one in self.requires
            if (version := versions.get(str(canonicalize_name(one.name)))) is not None
            and _applies(one)
            and not one.specifier.contains(version)
        ]


def find_releases(wanted: Mapping[str, str]) -> dict[str, WheelRelease]:
    """Return the newest final release of each project, or the one that is named; keys are normalised names.

    Args:
        wanted: names of projects, each with a version or "".

    Raises:
        UsageError: a version that is named is a pre-release, or no version.
        NetworkError: the index cannot be reached.
        ReleaseError: there is no release of which a buildpack could carry the wheel, or it was yanked.
    """
    for version in wanted.values():
        check_final(version)
    if not wanted:
        return {}
    requirements = [f"{name}=={version}" if version else name for name, version in wanted.items()]
    with tempfile.TemporaryDirectory(prefix="strata-releases-") as scratch:
        files = Path(scratch, "files")
        options = (*WheelTags().options, "--dest", str(files))
        done = run_pip("download", [*options, *requirements], cwd=Path(scratch))
        output = done.stdout + done.stderr
        if done.returncode:
            raise download_failure(done, ", ".join(requirements))
        if _YANKED in output:
            raise ReleaseError(
                f"{', '.join(requirements)} has been yanked: its authors have withdrawn it",
                detail=last_lines(output),
                advice="Choose another release.",
            )
        found = [WheelRelease.read(path) for path in sorted(files.glob("*.whl"))]
    return {canonicalize_name(one.name): one for one in found}


def _missing(output: str) -> ReleaseError | None:
    """Return the error for a release that the index has not got, or not as a wheel for everybody."""
    missing = _MISSING.search(output)
    if missing is None or was_unreachable(output):
        return None
    known = _KNOWN.search(output)
    versions = known[1].split(", ")[-_SHOWN:] if known and known[1] != "none" else ["none"]
    return ReleaseError(
        f"the package index has no {missing[1]} that a buildpack could carry",
        detail=f"The newest that it has: {', '.join(versions)}.",
        advice=_ADVICE,
    )


def download_failure(done: subprocess.CompletedProcess[str], wanted: str) -> ReleaseError:
    """Return the error that a failed download of releases means."""
    return _missing(done.stdout + done.stderr) or pip_failure(done, wanted, advice=_ADVICE)


def check_final(text: str) -> None:
    """Raise UsageError unless this is the version of a final release, or nothing."""
    if not text:
        return
    try:
        version = Version(text)
    except InvalidVersion:
        raise UsageError(f'"{text}" is no version') from None
    if version.is_prerelease:
        raise UsageError(f"{text} is a pre-release", advice="Buildpacks carry final releases only.")


def _applies(requirement: Requirement) -> bool:
    """Return whether a requirement holds on some supported Python, without any extra."""
    marker = requirement.marker
    return marker is None or any(
        marker.evaluate({"extra": "", "python_version": minor, "python_full_version": f"{minor}.0"})
        for minor in MINORS
    )
