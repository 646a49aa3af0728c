"""The documents beside a package in dist/: its SBOM, and its provenance.

The SBOM belongs to the package and is made with it. The provenance is also written anew for a package that
stays: if it is missing or about something else, and if it names no commit although one can be named now (the
sources were committed after packaging).
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_release.attestation.builder import Builder
from buildpack_release.attestation.provenance import Material, Origin, Statement, write_provenance
from buildpack_release.attestation.revision import WorkTree
from buildpack_release.oci.compression import COMPRESSOR

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from buildpack_release.attestation.revision import Revision
    from buildpack_release.packaging.jobs import Job
    from buildpack_release.packaging.manifest import Package


@dataclass(frozen=True)
class Provenance:
    """Writes where packages of a repository come from, as git and the environment say it."""

    tree: WorkTree
    builder: Builder

    @classmethod
    def of(cls, root: Path) -> Provenance:
        """Take the repository at a folder. Raises UsageError for a wrong variable in the environment."""
        return cls(WorkTree(root), Builder.from_environment(os.environ))

    def write(self, job: Job, package: Package, parts: Iterable[Package], folder: Path) -> bytes:
        """Give the statement about a package.

        Args:
            job: what was asked for.
            package: what was made.
            parts: the packages in a composite.
            folder: where the SBOM of the package is, which tells what it is made of.
        """
        origin = Origin(
            self.builder,
            self._revision(job),
            job.source or self.builder.source,
            tuple(_materials((folder / package.sbom.path).read_bytes())),
            {f"{one.id}@{one.version}": one.digest for one in parts},
            COMPRESSOR,
        )
        return write_provenance(package, origin)

    def rewritten(self, job: Job, package: Package, parts: Iterable[Package], dist: Path) -> bytes | None:
        """Give another statement for a package in dist/; None if the one there is right."""
        try:
            current = Statement.parse((dist / package.provenance).read_bytes())
        except OSError:
            current = None
        fits = current is not None and current.is_about(package)
        if current is not None and fits and (current.revision or not self._revision(job).commit):
            return None
        return self.write(job, package, parts, dist)

    def _revision(self, job: Job) -> Revision:
        return self.tree.revision(file.source for file in job.inputs.files)


def _materials(sbom: bytes) -> Iterator[Material]:
    """Read what others made, with the digests of the files that it came in."""
    for one in json.loads(sbom)["components"]:
        if one["type"] in {"library", "platform"}:
            name = f"{one['name']} {one.get('version', '')}".rstrip()
            yield Material(name, one.get("purl", ""), one["hashes"][0]["content"])
