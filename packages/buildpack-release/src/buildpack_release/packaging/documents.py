"""The documents beside a package in dist/: its SBOM, and its provenance.

Both are made with it; a package without them is made again. If the provenance names no commit although one
can be named now (the sources were committed after packaging), it is written anew, and the package stays.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_common.parsing import parse_json
from buildpack_release.attestation.builder_identity import BuilderIdentity
from buildpack_release.attestation.provenance import Material, Origin, read_statement, write_provenance
from buildpack_release.attestation.revision import GitWorkTree

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from buildpack_release.attestation.revision import Revision
    from buildpack_release.dist.manifest import DistPackage
    from buildpack_release.packaging.jobs import PackageJob


@dataclass(frozen=True)
class Provenance:
    """Writes where packages of a repository come from, as git and the environment say it."""

    tree: GitWorkTree
    builder: BuilderIdentity

    @classmethod
    def of(cls, root: Path) -> Provenance:
        """Take the repository at a folder. Raises UsageError for a wrong variable in the environment."""
        return cls(GitWorkTree(root), BuilderIdentity.from_environment(os.environ))

    def write(
        self, job: PackageJob, package: DistPackage, parts: Iterable[DistPackage], folder: Path
    ) -> bytes:
        """Return the statement about a package.

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
            package.compressor,
        )
        return write_provenance(package, origin)

    def with_commit(
        self, job: PackageJob, package: DistPackage, parts: Iterable[DistPackage], dist: Path
    ) -> bytes | None:
        """Return the statement about a package in dist/ with a commit, if it lacks one that can be named now.

        Only who made a package says more about it: that of another builder stays.
        """
        current = read_statement(package, dist)
        if current is None or current.revision or current.builder != self.builder.id:
            return None
        return self.write(job, package, parts, dist) if self._revision(job).commit else None

    def _revision(self, job: PackageJob) -> Revision:
        return self.tree.revision(file.source for file in job.inputs.files)


def _materials(sbom: bytes) -> Iterator[Material]:
    """Read what others made, with the digests of the files that it came in."""
    for one in parse_json(sbom)["components"]:
        if one["type"] in {"library", "platform"}:
            name = f"{one['name']} {one.get('version', '')}".rstrip()
            yield Material(name, one.get("purl", ""), one["hashes"][0]["content"])
