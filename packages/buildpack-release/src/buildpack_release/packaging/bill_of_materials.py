"""Writing the SBOM of a package into the staging folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildpack_release.attestation.distributions import carried_pythons, carried_tools, read_distributions
from buildpack_release.attestation.package_sbom import SUFFIX, read_part, write_sbom
from buildpack_release.dist.manifest import PackagedDocument
from buildpack_release.errors import ReleaseError
from buildpack_release.wheels.vendor import fetch
from oci_registry.content import sha256

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from buildpack_release.attestation.package_sbom import Part
    from buildpack_release.dist.manifest import DistPackage
    from buildpack_release.packaging.jobs import PackageJob


def stage_sbom(
    job: PackageJob, folder: Path, parts: Iterable[DistPackage], *, staging: Path, dist: Path, cache: Path
) -> PackagedDocument:
    """Write the SBOM of a package.

    Args:
        job: what is packaged.
        folder: the assembled buildpack.
        parts: the packages in a composite; their SBOMs are in dist/.
        staging: where to write.
        dist: where the parts are.
        cache: where the wheels are.

    Raises:
        ReleaseError: a wheel cannot be read, or the SBOM of a part is not there.
    """
    content = write_sbom(
        job.buildpack.descriptor,
        variant=job.variant,
        source=job.source,
        distributions=read_distributions(
            fetch(job.inputs.vendored, cache=cache), fetch(job.inputs.wheels, cache=cache), folder
        ),
        pythons=carried_pythons(job.embedded.interpreters, job.files.versions, job.embedded.runtimes),
        tools=carried_tools(job.embedded.tools),
        parts=[_part(one, dist) for one in parts],
    )
    name = f"{job.stem}{SUFFIX}"
    (staging / name).write_bytes(content)
    return PackagedDocument(name, sha256(content), len(content))


def _part(package: DistPackage, dist: Path) -> Part:
    path = dist / package.sbom.path
    try:
        return read_part(path.read_bytes(), id=package.id, version=package.version)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ReleaseError(
            f"this SBOM cannot be read: {error}", advice="Run: inv package", file=path
        ) from error
