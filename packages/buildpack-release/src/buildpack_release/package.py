"""Packaging: buildpacks become OCI layouts and `.cnb` files in dist/, unless they are there already."""

from __future__ import annotations

import os
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

from buildpack_release.artifacts import StoredLayer, stored_layer, write_own_layers, write_package
from buildpack_release.assemble import Toolchain, assemble_inputs
from buildpack_release.jobs import Job, plan_jobs
from buildpack_release.manifest import FILE, Manifest, Package
from buildpack_release.oci.layer import COMPRESSOR
from buildpack_release.output_directory import OutputDirectory, output_directory
from buildpack_release.progress import Progress, say
from buildpack_release.recipe import recipe
from buildpack_release.text import size
from buildpack_release.vendor import fetch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from buildpack_release.repository import Repository
    from buildpack_release.targets import Target

    OwnLayers = Mapping[str, Future[Mapping[Target, StoredLayer]]]


@dataclass(frozen=True)
class Outcome:
    """A package in dist/. `requested` is false for a component that only a composite needs."""

    package: Package
    is_new: bool
    requested: bool


def package(
    repository: Repository,
    ids: Sequence[str] = (),
    *,
    dist: Path,
    build: Path,
    targets: Sequence[Target] = (),
    archives: Mapping[Target, Path] | None = None,
    toolchain: Toolchain | None = None,
    report: Callable[[str], None] = say,
) -> tuple[Outcome, ...]:
    """Package buildpacks (all, if no ids are given) and what they contain; what is up to date stays as it is.

    Args:
        repository: where the buildpacks are.
        ids: the buildpacks to package.
        dist: the folder for packages.
        build: the folder for assembled buildpacks.
        targets: what to package for; by default everything that the buildpacks declare.
        archives: a CPython archive for each target, to make self-contained packages with.
        toolchain: the Pythons and the cache to use; those of this machine if not given.
        report: takes lines of progress.

    Raises:
        ReleaseError: see the errors of plan_jobs(), assemble(), fetch() and output_directory().
    """
    jobs = plan_jobs(repository, ids, targets=targets, archives=archives)
    toolchain = toolchain or Toolchain.of_machine(repository)
    toolchain.tell_missing(report)
    with output_directory(dist, report=report) as output:
        run = _Run(output, build, toolchain, Manifest.read(dist), report)
        if not ids and not archives:
            run.forget_all_but({one.id for one in repository.buildpacks})
        return run.package(jobs)


@dataclass
class _Run:
    """One run: the open dist/, its manifest as it is on disk, and the packages that are done, by id."""

    dist: OutputDirectory
    build: Path
    toolchain: Toolchain
    manifest: Manifest
    report: Callable[[str], None]
    done: dict[str, tuple[Job, Package]] = field(default_factory=dict)
    assembling: Lock = field(default_factory=Lock)

    def package(self, jobs: Sequence[Job]) -> tuple[Outcome, ...]:
        for job in jobs:
            self._look_up(job)
        stale = [job for job in jobs if job.buildpack.id not in self.done]
        fetch([pin for job in stale for pin in job.inputs.pins], cache=self.toolchain.cache)
        progress = Progress(len(jobs), say=self.report)
        with self._own_layers(stale) as layers:
            return tuple(self._package(job, progress, layers) for job in jobs)

    def forget_all_but(self, ids: set[str]) -> None:
        """Remove packages of buildpacks that the repository no longer has."""
        for old in self.manifest:
            if old.id not in ids:
                self._withdraw(old)

    def _look_up(self, job: Job) -> None:
        """Note a package in dist/ as done if it is made of the same inputs, and whole."""
        old = self.manifest.find(job.key)
        parts_done = all(one in self.done for one in job.components)
        if old and parts_done and old.inputs == self._digest(job) and old.is_intact(self.dist.root):
            self.done[job.buildpack.id] = job, old

    def _package(self, job: Job, progress: Progress, layers: OwnLayers) -> Outcome:
        is_new = job.buildpack.id in layers
        with progress.step(f"{job.buildpack.descriptor} {job.variant}".rstrip()) as results:
            if is_new:
                self.done[job.buildpack.id] = job, self._make(job, layers[job.buildpack.id].result())
            _, made = self.done[job.buildpack.id]
            results.append(_described(made) if is_new else "up to date")
        return Outcome(made, is_new, job.requested)

    def _digest(self, job: Job) -> str:
        """Return the digest of everything that decides what the package of this job is."""
        parts = [self.done[one][1].digest for one in job.components]
        return job.inputs.digest(recipe(), COMPRESSOR, *self._bytecode(job).values(), *job.facts(), *parts)

    @contextmanager
    def _own_layers(self, stale: Sequence[Job]) -> Iterator[OwnLayers]:
        """Assemble buildpacks one after the other, and write their layers meanwhile on the other processors."""
        if not stale:
            yield {}
            return
        with output_directory(self.build, report=self.report) as build:
            pool = ThreadPoolExecutor(os.cpu_count())
            try:
                jobs = {job.buildpack.id: job for job in stale}
                own = self._write_own_layers
                yield {one: pool.submit(own, job, build) for one, job in jobs.items()}
            finally:
                pool.shutdown(cancel_futures=True)

    def _write_own_layers(self, job: Job, build: OutputDirectory) -> Mapping[Target, StoredLayer]:
        with self.assembling:
            folder = assemble_inputs(job.inputs, job.buildpack.descriptor, build, self.toolchain)
        return write_own_layers(job, folder, staging=self.dist.staging, toolchain=self.toolchain)

    def _make(self, job: Job, own: Mapping[Target, StoredLayer]) -> Package:
        made = write_package(
            job,
            own,
            {target: self._components(job, target) for target in job.targets},
            staging=self.dist.staging,
            inputs=self._digest(job),
            bytecode=self._bytecode(job),
        )
        self._publish(made)
        return made

    def _components(self, job: Job, target: Target) -> list[StoredLayer]:
        return [stored_layer(*self.done[one], target, dist=self.dist.root) for one in job.components]

    def _bytecode(self, job: Job) -> dict[str, str]:
        return self.toolchain.versions if job.inputs.package else {}

    def _publish(self, made: Package) -> None:
        """Move a package to its final names. At any moment the manifest lists nothing that is not there."""
        if old := self.manifest.find(made.key):
            self._withdraw(old, keep=made.names)
        for name in made.names:
            self.dist.publish(self.dist.staging / name, name)
        self._save(self.manifest.with_package(made))

    def _withdraw(self, package: Package, *, keep: Sequence[str] = ()) -> None:
        """Take a package out of the manifest, and then its files out of dist/."""
        self._save(self.manifest.without(package.key))
        for name in package.names:
            if name not in keep:
                self.dist.remove(name)

    def _save(self, manifest: Manifest) -> None:
        staged = self.dist.staging / FILE
        staged.write_text(manifest.dumps(), "utf-8")
        self.dist.publish(staged, FILE)
        self.manifest = manifest


def _described(package: Package) -> str:
    targets = ", ".join(image.target for image in package.images)
    return f"{size(max(image.file_size for image in package.images))} for each of {targets}"
