"""Making packages: assembling on one processor, compressing on the others."""

from __future__ import annotations

import os
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from buildpack_release.embedded.place import fetch_embedded
from buildpack_release.files.output_directory import output_directory
from buildpack_release.packaging.artifacts import packaged_layer, write_own_layers, write_package
from buildpack_release.packaging.assemble import assemble_inputs
from buildpack_release.packaging.bill_of_materials import stage_sbom
from buildpack_release.wheels.vendor import fetch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from buildpack_release.bytecode.toolchain import Toolchain
    from buildpack_release.dist.manifest import DistPackage
    from buildpack_release.model.targets import DeclaredTarget
    from buildpack_release.packaging.buildpackage import BuildpackLayer
    from buildpack_release.packaging.documents import Provenance
    from buildpack_release.packaging.jobs import PackageJob
    from buildpack_release.packaging.package_store import PackageStore


@dataclass(frozen=True)
class _Assembled:
    """A buildpack's folder, and its layer for each target."""

    folder: Path
    layers: Mapping[DeclaredTarget, BuildpackLayer]


@dataclass(frozen=True)
class Packager:
    """Jobs under way: their buildpacks are being assembled and compressed in the background."""

    store: PackageStore
    toolchain: Toolchain
    provenance: Provenance
    assembled: Mapping[str, Future[_Assembled]]

    def make(
        self, job: PackageJob, inputs: str, parts: Sequence[tuple[PackageJob, DistPackage]]
    ) -> DistPackage:
        """Finish a job: wait for its own layer, write all files, and put them into dist/.

        Args:
            job: the job.
            inputs: the digest of everything the package is made of.
            parts: the packages of a composite's components, finished.
        """
        output = self.store.output
        packages = [package for _, package in parts]
        own = self.assembled[job.buildpack.id].result()
        made = write_package(
            job,
            own.layers,
            {target: self._components(parts, target) for target in job.targets},
            staging=output.staging,
            inputs=inputs,
            bytecode=job.bytecode(self.toolchain),
            sbom=stage_sbom(
                job,
                own.folder,
                packages,
                staging=output.staging,
                dist=output.root,
                cache=self.toolchain.cache,
            ),
        )
        statement = self.provenance.write(job, made, packages, output.staging)
        (output.staging / made.provenance).write_bytes(statement)
        self.store.publish(made)
        return made

    def _components(
        self, parts: Sequence[tuple[PackageJob, DistPackage]], target: DeclaredTarget
    ) -> list[BuildpackLayer]:
        return [packaged_layer(job, package, target, dist=self.store.output.root) for job, package in parts]


@contextmanager
def packager(
    jobs: Sequence[PackageJob],
    store: PackageStore,
    *,
    build: Path,
    toolchain: Toolchain,
    provenance: Provenance,
    report: Callable[[str], None],
) -> Iterator[Packager]:
    """Start the work for these jobs. See package() for the arguments and errors."""
    fetch([pin for job in jobs for pin in job.inputs.pins], cache=toolchain.cache)
    archives: dict[str, Path] = {}
    for job in jobs:
        archives |= fetch_embedded(job.files, job.inputs, cache=toolchain.cache, report=report)
    one_at_a_time = Lock()
    staging = store.output.staging
    with output_directory(build, report=report) as output:

        def assembled(job: PackageJob) -> _Assembled:
            with one_at_a_time:
                folder = assemble_inputs(job.inputs, job.buildpack.descriptor, output, toolchain)
            layers = write_own_layers(
                job, folder, staging=staging, toolchain=toolchain, archives=archives, report=report
            )
            return _Assembled(folder, layers)

        pool = ThreadPoolExecutor(os.cpu_count())
        try:
            started = {job.buildpack.id: pool.submit(assembled, job) for job in jobs}
            yield Packager(store, toolchain, provenance, started)
        finally:
            pool.shutdown(cancel_futures=True)
