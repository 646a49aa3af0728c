"""The files of one package, written beside their final place: an OCI layout, a `.cnb` for each target."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from buildpack_release.dist.manifest import DistPackage, PackagedDocument, PackagedImage, PackagedLayer
from buildpack_release.embedded.place import place_embedded
from buildpack_release.packaging.buildpackage import (
    BuildpackLayer,
    layer_entries,
    make_buildpackage,
    standard_annotations,
)
from oci_registry.blob_source import BlobSource
from oci_registry.content import LAYER
from oci_registry.image import Image, Platform, make_index
from oci_registry.layer import ImageLayer, write_layer
from oci_registry.layout import blob_name, write_archive, write_layout

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from buildpack_release.bytecode.toolchain import Toolchain
    from buildpack_release.model.targets import DeclaredTarget
    from buildpack_release.packaging.jobs import PackageJob


def write_own_layers(
    job: PackageJob,
    folder: Path,
    *,
    staging: Path,
    toolchain: Toolchain,
    archives: Mapping[str, Path],
    report: Callable[[str], None],
) -> dict[DeclaredTarget, BuildpackLayer]:
    """Write the layer of an assembled buildpack: one for all targets, or each with what it carries.

    `archives` are those of runtimes, by SHA-256.
    """
    if not job.embedded.variant:
        layer = _write_own_layer(job, folder, staging / f"{job.stem}.layer")
        return dict.fromkeys(job.targets, layer)
    copies = {target: staging / f"{_target_stem(job, target)}.bundle" for target in job.targets}
    for copy in copies.values():
        shutil.copytree(folder, copy, symlinks=True)
    place_embedded(job.files, copies, archives, job.inputs, toolchain, report=report)
    layers = {}
    for target, copy in copies.items():
        layers[target] = _write_own_layer(job, copy, staging / f"{_target_stem(job, target)}.layer")
        shutil.rmtree(copy)
    return layers


def packaged_layer(
    job: PackageJob, package: DistPackage, target: DeclaredTarget, *, dist: Path
) -> BuildpackLayer:
    """Return a component's layer for a target from its package in dist/."""
    image = next(image for image in package.images if image.target == str(target))
    found = next(layer for layer in image.layers if layer.buildpack == str(job.buildpack.descriptor))
    source = BlobSource(found.digest, found.size, dist / package.layout / blob_name(found.digest))
    layer = ImageLayer(LAYER, source, found.diff_id, found.uncompressed_size)
    return BuildpackLayer(job.buildpack.descriptor, layer, job.layer_targets)


def write_package(
    job: PackageJob,
    own: Mapping[DeclaredTarget, BuildpackLayer],
    components: Mapping[DeclaredTarget, Sequence[BuildpackLayer]],
    *,
    staging: Path,
    inputs: str,
    bytecode: Mapping[str, str],
    sbom: PackagedDocument,
) -> DistPackage:
    """Write all files of a package into a folder, and return what the manifest says about it."""
    descriptor = job.buildpack.descriptor
    images = {
        target: make_buildpackage(
            descriptor,
            Platform(target.os, target.arch, target.variant),
            own[target],
            components[target],
            source=job.source,
        )
        for target in job.targets
    }
    index = make_index(list(images.values()), annotations=standard_annotations(descriptor, source=job.source))
    write_layout(staging / f"{job.stem}.oci", index, ref=descriptor.version)
    return DistPackage(
        id=descriptor.id,
        version=descriptor.version,
        variant=job.variant,
        inputs=inputs,
        bytecode=bytecode,
        layout=f"{job.stem}.oci",
        digest=index.digest,
        images=tuple(_write_archive(job, target, image, staging) for target, image in images.items()),
        sbom=sbom,
        embedded=job.contained,
    )


def _write_own_layer(job: PackageJob, folder: Path, path: Path) -> BuildpackLayer:
    descriptor = job.buildpack.descriptor
    layer = write_layer(layer_entries(folder, descriptor), path)
    return BuildpackLayer(descriptor, layer, job.layer_targets)


def _write_archive(job: PackageJob, target: DeclaredTarget, image: Image, staging: Path) -> PackagedImage:
    file = staging / f"{_target_stem(job, target)}.cnb"
    digest = write_archive(file, image, ref=job.buildpack.descriptor.version)
    return PackagedImage(
        target=str(target),
        digest=image.manifest.digest,
        file=file.name,
        file_digest=digest,
        file_size=file.stat().st_size,
        layers=tuple(map(_packaged_layer, image.layers)),
    )


def _packaged_layer(layer: ImageLayer) -> PackagedLayer:
    return PackagedLayer(layer.title, layer.diff_id, layer.digest, layer.size, layer.uncompressed_size)


def _target_stem(job: PackageJob, target: DeclaredTarget) -> str:
    return f"{job.stem}-{str(target).replace('/', '-')}"
