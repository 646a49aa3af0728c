"""Packaging: buildpacks become OCI layouts and `.cnb` files in dist/, unless they are there already."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_release.attestation.provenance import read_statement
from buildpack_release.bytecode.toolchain import Toolchain
from buildpack_release.dist.manifest import DistManifest
from buildpack_release.embedded.embedded_files import EmbeddedFiles
from buildpack_release.files.output_directory import output_directory
from buildpack_release.packaging.documents import Provenance
from buildpack_release.packaging.jobs import PackageJob, plan_jobs
from buildpack_release.packaging.package_store import PackageStore
from buildpack_release.progress import Progress, say
from buildpack_release.text import size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from buildpack_release.bytecode.option import BytecodeSources
    from buildpack_release.dist.manifest import DistPackage
    from buildpack_release.model.repository import Repository
    from buildpack_release.model.targets import DeclaredTarget
    from buildpack_release.packaging.packager import Packager
    from buildpack_release.runtimes.archive_selection import RuntimeSelection

    # The finished packages by the buildpack's id.
    Done = dict[str, tuple[PackageJob, DistPackage]]


@dataclass(frozen=True)
class PackageOutcome:
    """A package in dist/. `requested` is false for a component that only a composite needs."""

    package: DistPackage
    is_new: bool
    requested: bool


def package(
    repository: Repository,
    ids: Sequence[str] = (),
    *,
    dist: Path,
    build: Path,
    targets: Sequence[DeclaredTarget] = (),
    archives: Mapping[DeclaredTarget, Path] | None = None,
    offline: RuntimeSelection | None = None,
    strict: bool = False,
    bytecode_from: BytecodeSources | None = None,
    toolchain: Toolchain | None = None,
    report: Callable[[str], None] = say,
) -> tuple[PackageOutcome, ...]:
    """Package buildpacks (all, if no ids are given) and what they contain; what is up to date stays as it is.

    Args:
        repository: where the buildpacks are.
        ids: the buildpacks to package.
        dist: the folder for packages.
        build: the folder for assembled buildpacks.
        targets: what to package for; by default everything that the buildpacks declare.
        archives: a CPython archive for each target, to make self-contained packages with.
        offline: which archives of runtimes to put in, to make offline packages.
        strict: whether it is an error that bytecode for a Python cannot be made here.
        bytecode_from: Pythons to compile bytecode with before those of this machine.
        toolchain: the Pythons and the cache to use; those of this machine if not given.
        report: takes lines of progress.

    Raises:
        ReleaseError: see the errors of plan_jobs(), assemble(), fetch() and output_directory().
    """
    with ExitStack() as stack:
        if toolchain is None:
            toolchain = stack.enter_context(Toolchain.of_machine(repository, bytecode_from, report=report))
        toolchain.tell_missing(report, strict=strict)
        files = EmbeddedFiles.gather(repository, archives or {}, offline, targets)
        jobs = plan_jobs(repository, ids, targets=targets, files=files)
        output = stack.enter_context(output_directory(dist, report=report))
        store = PackageStore.open(output)
        provenance = Provenance.of(repository.root)
        if not ids and not files.facts.variant:
            store.forget_all_but({one.id for one in repository.buildpacks})
        done: Done = {}
        for job in jobs:
            _look_up(job, done, store, toolchain)
        stale = [job for job in jobs if job.buildpack.id not in done]
        progress = Progress(len(jobs), say=report)
        with (
            _sealed(store),
            _packager(
                stale, store, build=build, toolchain=toolchain, provenance=provenance, report=report
            ) as making,
        ):
            outcomes = tuple(_package(job, done, making, progress) for job in jobs)
            for name, content in _better_provenance(jobs, done, provenance, dist):
                store.replace(name, content)
            return outcomes


def provenance_due(repository: Repository, dist: Path) -> tuple[str, ...]:
    """Return the files of provenance in dist/ that package() would write anew, of packages that are current.

    Raises ReleaseError as plan_jobs() does, UsageError for a wrong variable in the environment.
    """
    jobs = plan_jobs(repository, ())
    manifest = DistManifest.read(dist)
    found = {job.buildpack.id: (job, one) for job in jobs if (one := manifest.find(job.key))}
    known = [job for job in jobs if all(one in found for one in (job.buildpack.id, *job.components))]
    provenance = Provenance.of(repository.root)
    return tuple(name for name, _ in _better_provenance(known, found, provenance, dist))


@contextmanager
def _sealed(store: PackageStore) -> Iterator[None]:
    """Leave checksums that are right, also when something fails: what is finished by then stays."""
    try:
        yield
    finally:
        store.seal()


def _better_provenance(
    jobs: Iterable[PackageJob], done: Done, provenance: Provenance, dist: Path
) -> Iterator[tuple[str, bytes]]:
    """Yield the names and contents of provenance that can name a commit now."""
    for job in jobs:
        made = done[job.buildpack.id][1]
        parts = [done[one][1] for one in job.components]
        if (content := provenance.with_commit(job, made, parts, dist)) is not None:
            yield made.provenance, content


def _look_up(job: PackageJob, done: Done, store: PackageStore, toolchain: Toolchain) -> None:
    """Note a package in dist/ as done if it is made of the same inputs, and whole."""
    old = store.manifest.find(job.key)
    if old is None or any(one not in done for one in job.components):
        return
    dist = store.output.root
    is_current = old.inputs == _digest(job, done, toolchain) and old.is_intact(dist)
    if is_current and read_statement(old, dist) is not None:
        done[job.buildpack.id] = job, old


def _digest(job: PackageJob, done: Done, toolchain: Toolchain) -> str:
    """Return the digest of everything that decides what the package of this job is."""
    parts = [done[one][1].digest for one in job.components]
    return job.inputs_digest(job.bytecode(toolchain), parts)


@contextmanager
def _packager(
    stale: Sequence[PackageJob],
    store: PackageStore,
    *,
    build: Path,
    toolchain: Toolchain,
    provenance: Provenance,
    report: Callable[[str], None],
) -> Iterator[Packager | None]:
    """Start making packages, if there are any to make."""
    if not stale:
        yield None
        return
    # Not needed, and not imported, when everything is up to date.
    from buildpack_release.packaging.packager import packager

    with packager(
        stale, store, build=build, toolchain=toolchain, provenance=provenance, report=report
    ) as making:
        yield making


def _package(job: PackageJob, done: Done, making: Packager | None, progress: Progress) -> PackageOutcome:
    current = job.buildpack.id in done
    with progress.step(f"{job.buildpack.descriptor} {job.variant}".rstrip()) as results:
        if making and not current:
            digest = _digest(job, done, making.toolchain)
            done[job.buildpack.id] = job, making.make(job, digest, [done[one] for one in job.components])
        _, made = done[job.buildpack.id]
        results.append("up to date" if current else _described(made))
    return PackageOutcome(made, not current, job.requested)


def _described(package: DistPackage) -> str:
    files = [f"{size(image.file_size)} for {image.target}" for image in package.images]
    return " and ".join(files)
