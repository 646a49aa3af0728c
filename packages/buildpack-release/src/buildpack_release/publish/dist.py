"""Reading dist/ for publishing: only packages that are whole and made of what the sources are now."""

from __future__ import annotations

import fcntl
import os
from collections import Counter
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from buildpack_release.attestation.provenance import read_statement
from buildpack_release.dist.manifest import FILE, DistManifest
from buildpack_release.errors import CheckFailed
from buildpack_release.model.settings import PackageSettings
from buildpack_release.packaging.jobs import plan_jobs
from buildpack_release.publish.package_release import PackageRelease, read_release, store_name
from oci_registry.folders import wait_for
from oci_registry.parallel import in_parallel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from buildpack_release.dist.manifest import DistPackage
    from buildpack_release.model.repository import Repository
    from buildpack_release.packaging.jobs import PackageJob

_LOCK = ".lock"


@contextmanager
def reading(dist: Path, *, report: Callable[[str], None]) -> Iterator[None]:
    """Keep runs that write to dist/ waiting; in a copy without the lock file nothing writes."""
    try:
        lock = os.open(dist / _LOCK, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        yield
        return
    try:
        wait_for(lock, dist, report, mode=fcntl.LOCK_SH)
        yield
    finally:
        os.close(lock)


def read_releases(
    repository: Repository, ids: Sequence[str], dist: Path, variant: str = ""
) -> tuple[PackageRelease, ...]:
    """Read the packages of buildpacks (all, if none is given) and of what they contain, components first.

    Of another kind than the ordinary one (`variant`) only those that carry something are read.

    Raises:
        UsageError: there is no buildpack with one of the ids.
        CheckFailed: a package is missing, incomplete, damaged, or made of other sources than there are now;
            or two of them would have the same name.
    """
    manifest = DistManifest.read(dist)
    jobs = variant_jobs(repository, ids, manifest, variant) if variant else plan_jobs(repository, ids)
    check_names(job.buildpack.id for job in jobs)
    packages: dict[str, DistPackage] = {}
    for job in jobs:
        package = manifest.find(job.key)
        if package is None:
            raise _unfit(dist / FILE, f"dist/ has no package of {job.buildpack.descriptor}", ids)
        packages[package.id] = package
    for package, fault in zip(
        packages.values(), in_parallel(partial(_fault, packages, dist), jobs), strict=True
    ):
        if fault:
            raise _unfit(dist / FILE, f"the package of {package.id}@{package.version} {fault}", ids)
    wanted = PackageSettings.read(repository.root).bytecode
    others = [] if variant else list(manifest)
    notes = {one.id: _notes(one, wanted, others, dist) for one in packages.values()}
    wanted_ids = [job.buildpack.id for job in jobs if job.variant or not variant]
    return tuple(read_release(dist, packages[one], notes=notes[one]) for one in wanted_ids)


def variant_jobs(
    repository: Repository, ids: Sequence[str], manifest: DistManifest, variant: str
) -> tuple[PackageJob, ...]:
    """Return the jobs for a kind of packages in dist/, as it was chosen when they were made.

    Raises CheckFailed if there is none of that kind, UsageError for an id that carries nothing.
    """
    for buildpack_id in ids:
        repository.get(buildpack_id)
    found = [one for one in manifest if one.variant == variant and (not ids or one.id in ids)]
    if not found:
        kinds = sorted({one.variant for one in manifest if one.variant})
        raise CheckFailed(
            f'there is no package of the kind "{variant}" in dist/',
            detail=f"There are: {', '.join(kinds)}." if kinds else "",
            advice="Make one: inv package --offline, or --interpreter, or both.",
        )
    # The one that holds most: a composite, if there is one.
    whole = max(found, key=lambda one: len(one.embedded.facts()))
    return plan_jobs(repository, ids or [one.id for one in found], embedded=whole.embedded)


def check_names(ids: Iterable[str]) -> None:
    """Raise CheckFailed if two ids end in the same segment, which becomes the name of a repository."""
    listed = list(ids)
    counts = Counter(map(store_name, listed))
    for name, count in counts.items():
        if count > 1:
            same = ", ".join(one for one in listed if store_name(one) == name)
            raise CheckFailed(
                f'several buildpacks would be published as "{name}"', detail=f"They are: {same}."
            )


def _unfit(file: Path, fault: str, ids: Sequence[str]) -> CheckFailed:
    options = "".join(f" --id {one}" for one in ids)
    return CheckFailed(f"{fault}", advice=f"Run: inv package{options}", file=file)


def _fault(packages: dict[str, DistPackage], dist: Path, job: PackageJob) -> str:
    package = packages[job.buildpack.id]
    targets = [str(target) for target in job.targets]
    made = [image.target for image in package.images]
    if package.version != job.buildpack.descriptor.version:
        return f"is of another version than the sources: {job.buildpack.descriptor.version}"
    if made != targets:
        return f"is for {', '.join(made)}, but the buildpack is for {', '.join(targets)}"
    parts = [packages[one].digest for one in job.components]
    # As recorded: what matters here are the sources, not which Pythons and which zlib this machine has.
    if package.inputs != job.inputs_digest(package.bytecode, parts, compressor=package.compressor):
        return "is stale: it was made of other sources, or in another way"
    if not package.is_intact(dist, published_only=True):
        return "is damaged"
    return "" if read_statement(package, dist) else "is damaged: its provenance is not about it"


def _notes(
    package: DistPackage, wanted: Sequence[str], manifest: Iterable[DistPackage], dist: Path
) -> tuple[str, ...]:
    statement = read_statement(package, dist)
    reason = statement.no_revision if statement else ""
    missing = [minor for minor in wanted if minor not in package.bytecode] if package.bytecode else []
    variants = [one.variant for one in manifest if one.id == package.id and one.variant]
    return (
        *((f"no bytecode for Python {', '.join(missing)} in it",) if missing else ()),
        *(f"it carries {text}" for text in package.embedded.described()),
        *((f"its provenance names no commit: {reason}",) if reason else ()),
        *(f"there is a package of the kind {variant}, too: --variant {variant}" for variant in variants),
    )
