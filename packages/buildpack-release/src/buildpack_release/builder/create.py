"""Creating a builder: read the configuration, find its parts, check them together, then write."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_release.builder.base import Base
from buildpack_release.builder.builder_destination import parse_destination
from buildpack_release.builder.builder_image import make_builder
from buildpack_release.builder.builder_toml import read_config
from buildpack_release.builder.composition import Composition, compose
from buildpack_release.builder.composition_checks import check_composition
from buildpack_release.builder.lifecycle_release import read_lifecycle
from buildpack_release.builder.locator import base_locator, local_file
from buildpack_release.builder.package_sources import Sources
from buildpack_release.builder.run_images import check_run_images
from buildpack_release.builder.source_image import find_image
from buildpack_release.builder.writing import check_directory, push_builder, write_builder
from buildpack_release.errors import CheckFailed, ReleaseError, shown_path
from buildpack_release.progress import say
from oci_registry.remote.registries import Registries, connection
from oci_registry.store import TransferOutcome

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from buildpack_release.builder.builder_destination import Destination
    from buildpack_release.builder.builder_toml import BuilderConfig
    from buildpack_release.builder.lifecycle_release import Lifecycle
    from buildpack_release.model.finding import Finding
    from oci_registry.image import Image


@dataclass(frozen=True)
class Created:
    """A builder that was written. `is_new` is false if all of it was there already."""

    composition: Composition
    image: Image
    destination: Destination
    is_new: bool


@dataclass(frozen=True)
class Parts:
    """A composition with everything that was found about it, and what reading the parts still needs."""

    composition: Composition
    findings: tuple[Finding, ...]
    scratch: Path
    registries: Registries


def create_builder(
    config: Path,
    to: str,
    *,
    dist: Path,
    insecure: Collection[str] = (),
    report: Callable[[str], None] = say,
) -> Created:
    """Compose a builder and write it to a directory or registry.

    Args:
        config: a builder.toml.
        to: see parse_destination().
        dist: where this repository's packages are.
        insecure: registries (`host[:port]`) that may lack TLS.
        report: takes lines of progress and warnings.

    Raises:
        ReleaseError: a part is missing or does not fit, or the builder cannot be written; nothing was.
    """
    destination = parse_destination(to)
    if isinstance(destination, Path):
        check_directory(destination, report=report)
    with gather(config, dist=dist, insecure=insecure, report=report) as parts:
        raise_first(parts.findings, config)
        for finding in parts.findings:
            report(str(finding))
        report(f"Composing the builder for {parts.composition.base.target}")
        image = make_builder(parts.composition, _folder(parts.scratch, "layers"))
        is_new = _write(image, destination, parts, report)
    return Created(parts.composition, image, destination, is_new)


@contextmanager
def gather(
    path: Path, *, dist: Path, insecure: Collection[str] = (), report: Callable[[str], None] = say
) -> Iterator[Parts]:
    """Read a configuration and all its parts, and check them; the findings are left to the caller.

    Raises ReleaseError for a part that cannot be read, CheckFailed for a configuration that is not sound.
    """
    config, findings = read_config(path)
    raise_first(findings, path)
    with (
        tempfile.TemporaryDirectory(prefix="strata-builder-") as name,
        Registries(connection(insecure=insecure), report) as ways,
    ):
        scratch = Path(name)
        base = _read_base(config, ways)
        lifecycle = _read_lifecycle(config, _folder(scratch, "lifecycle"))
        count = len(config.packages)
        report(f"Reading {count} {'buildpackage' if count == 1 else 'buildpackages'}")
        modules = Sources(dist, _folder(scratch, "buildpacks"), ways).read(config, base.target)
        composition, found = compose(config, base, lifecycle, modules)
        findings = (*findings, *found, *check_composition(composition), *check_run_images(composition, ways))
        yield Parts(composition, findings, scratch, ways)


def raise_first(findings: Sequence[Finding], config: Path) -> None:
    """Raise CheckFailed for the first error, saying how many more there are."""
    errors = [finding for finding in findings if finding.is_error]
    if not errors:
        return
    first, more = errors[0], len(errors) - 1
    count = f"There {'is 1 more error' if more == 1 else f'are {more} more errors'}"
    detail = f"{count}: see `inv builder.check {shown_path(config)}`." if more else ""
    raise CheckFailed(first.message, detail=detail, advice=first.advice, file=first.file, line=first.line)


def _read_base(config: BuilderConfig, registries: Registries) -> Base:
    wanted = config.targets[0] if config.targets else None
    with _at(config, "build", "image"):
        locator = base_locator(config.build_image, directory=config.directory)
        return Base.of(find_image(locator, config.build_image, wanted, registries))


def _read_lifecycle(config: BuilderConfig, folder: Path) -> Lifecycle:
    with _at(config, "lifecycle", "uri"):
        return read_lifecycle(local_file(config.lifecycle, directory=config.directory), folder)


@contextmanager
def _at(config: BuilderConfig, *keys: str) -> Iterator[None]:
    """Add the place in the configuration to errors that have none."""
    try:
        yield
    except ReleaseError as error:
        if error.file is None:
            error.file = config.source.path
            error.line = config.source.line(*keys)
        raise


def _write(image: Image, destination: Destination, parts: Parts, report: Callable[[str], None]) -> bool:
    if isinstance(destination, Path):
        return write_builder(image, destination, report=report)
    report(f"Pushing to {destination}")
    pushed = push_builder(image, destination, parts.registries, _folder(parts.scratch, "push"))
    counts = {outcome: list(pushed.blobs.values()).count(outcome) for outcome in TransferOutcome}
    report(
        f"{counts[TransferOutcome.UPLOADED]} blobs sent, {counts[TransferOutcome.MOUNTED]} mounted, "
        f"{counts[TransferOutcome.PRESENT]} already there"
    )
    return bool(pushed.new_manifests or pushed.moved_tags)


def _folder(parent: Path, name: str) -> Path:
    folder = parent / name
    folder.mkdir()
    return folder
