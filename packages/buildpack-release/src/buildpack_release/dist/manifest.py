"""dist/manifest.json: which packages dist/ holds, for programs, and for knowing what is up to date.

It holds nothing that depends on when or where packages were made.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from buildpack_common.parsing import parse_json
from buildpack_release.dist.embedded import Embedded
from oci_registry.compression import COMPRESSOR
from oci_registry.content import file_sha256
from oci_registry.layout import LayoutStore
from oci_registry.parallel import in_parallel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

FILE = "manifest.json"
PROVENANCE_SUFFIX = ".provenance.json"
SCHEMA = 4


@dataclass(frozen=True)
class PackagedLayer:
    """A layer of a package: whose it is (`id@version`), its digests and its sizes in bytes."""

    buildpack: str
    diff_id: str
    digest: str
    size: int
    uncompressed_size: int


@dataclass(frozen=True)
class PackagedDocument:
    """A document about a package: its file in dist/, its digest and size."""

    path: str
    digest: str
    size: int


@dataclass(frozen=True)
class PackagedImage:
    """The package for one target: the digest of its image manifest, and its `.cnb` file."""

    target: str
    digest: str
    file: str
    file_digest: str
    file_size: int
    layers: tuple[PackagedLayer, ...]


@dataclass(frozen=True)
class DistPackage:
    """A buildpack in dist/.

    Attributes:
        id: the buildpack's id.
        version: its version.
        variant: "" for the ordinary package.
        inputs: the digest of everything the package was made of.
        bytecode: the full version of the Python that compiled, for each minor version.
        layout: the name of the OCI layout in dist/.
        digest: the digest of the image index in it.
        images: the packages for each target.
        sbom: its software bill of materials.
        compressor: what compressed its layers: zlib and its version, and the level.
        embedded: what it carries besides buildpacks, a composite's components included.
    """

    id: str
    version: str
    variant: str
    inputs: str
    bytecode: Mapping[str, str]
    layout: str
    digest: str
    images: tuple[PackagedImage, ...]
    sbom: PackagedDocument
    compressor: str = COMPRESSOR
    embedded: Embedded = field(default_factory=Embedded)

    @property
    def provenance(self) -> str:
        """The file in dist/ that says where the package comes from; it may differ where packages do not."""
        return f"{self.layout.removesuffix('.oci')}{PROVENANCE_SUFFIX}"

    @property
    def key(self) -> tuple[str, str]:
        """What there is at most one package of in dist/."""
        return self.id, self.variant

    @property
    def artefacts(self) -> tuple[str, ...]:
        """The files and folders in dist/ that are used."""
        return (*(image.file for image in self.images), self.layout)

    @property
    def names(self) -> tuple[str, ...]:
        """All files and folders in dist/ of this package, with the documents about it."""
        return (*self.artefacts, self.sbom.path, self.provenance)

    def is_intact(self, dist: Path, *, published_only: bool = False) -> bool:
        """Return whether everything is still in dist/ as it was written, by reading all of it.

        Only the layout and the SBOM are published. The provenance does not count: it is written again when
        it does not fit.
        """
        images = () if published_only else self.images
        files = [(image.file, image.file_digest, image.file_size) for image in images]
        files.append((self.sbom.path, self.sbom.digest, self.sbom.size))
        checks = [partial(_is_intact, dist / path, digest, size) for path, digest, size in files]
        checks.append(partial(LayoutStore(dist / self.layout).holds, self.digest, self.version))
        return all(in_parallel(lambda check: check(), checks))  # hashing lets other threads run


@dataclass(frozen=True)
class DistManifest:
    """The packages in dist/, at most one for each id and variant."""

    packages: tuple[DistPackage, ...] = ()

    @classmethod
    def read(cls, dist: Path) -> DistManifest:
        """Read the manifest of a directory. One that is missing, broken or of another schema is empty."""
        try:
            data = parse_json((dist / FILE).read_bytes())
            if data["schema"] != SCHEMA:
                return cls()
            return cls(tuple(map(_package, data["buildpacks"])))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return cls()

    def dumps(self) -> str:
        """Return the text of the file: indented, sorted JSON."""
        packages = [_package_data(package) for package in self]
        return json.dumps({"schema": SCHEMA, "buildpacks": packages}, indent=2, sort_keys=True) + "\n"

    def find(self, key: tuple[str, str]) -> DistPackage | None:
        """Return the package with an id and variant."""
        return next((package for package in self if package.key == key), None)

    def without(self, key: tuple[str, str]) -> DistManifest:
        """Return the manifest without a package."""
        return replace(self, packages=tuple(package for package in self if package.key != key))

    def with_package(self, package: DistPackage) -> DistManifest:
        """Return the manifest with a package in place of the one with its id and variant."""
        packages = (*self.without(package.key), package)
        return replace(self, packages=tuple(sorted(packages, key=lambda one: one.key)))

    def __iter__(self) -> Iterator[DistPackage]:
        return iter(self.packages)


def _is_intact(file: Path, digest: str, size: int) -> bool:
    try:
        return file.stat().st_size == size and file_sha256(file) == digest
    except OSError:
        return False


def _package_data(package: DistPackage) -> dict[str, Any]:
    return {
        "id": package.id,
        "version": package.version,
        "variant": package.variant,
        "inputs": package.inputs,
        "bytecode": dict(package.bytecode),
        "compressor": package.compressor,
        "embedded": package.embedded.data(),
        "layout": {"path": package.layout, "digest": package.digest},
        "images": [_image_data(image) for image in package.images],
        "sbom": {"path": package.sbom.path, "digest": package.sbom.digest, "size": package.sbom.size},
        "provenance": {"path": package.provenance},
    }


def _image_data(image: PackagedImage) -> dict[str, Any]:
    return {
        "target": image.target,
        "digest": image.digest,
        "file": {"path": image.file, "digest": image.file_digest, "size": image.file_size},
        "layers": [
            {
                "buildpack": layer.buildpack,
                "diff-id": layer.diff_id,
                "digest": layer.digest,
                "size": layer.size,
                "uncompressed-size": layer.uncompressed_size,
            }
            for layer in image.layers
        ],
    }


def _package(data: Mapping[str, Any]) -> DistPackage:
    return DistPackage(
        id=data["id"],
        version=data["version"],
        variant=data["variant"],
        inputs=data["inputs"],
        bytecode=dict(data["bytecode"]),
        compressor=data["compressor"],
        embedded=Embedded.read(data["embedded"]),
        layout=data["layout"]["path"],
        digest=data["layout"]["digest"],
        images=tuple(map(_image, data["images"])),
        sbom=PackagedDocument(data["sbom"]["path"], data["sbom"]["digest"], data["sbom"]["size"]),
    )


def _image(data: Mapping[str, Any]) -> PackagedImage:
    file = data["file"]
    layers = tuple(
        PackagedLayer(
            layer["buildpack"], layer["diff-id"], layer["digest"], layer["size"], layer["uncompressed-size"]
        )
        for layer in data["layers"]
    )
    return PackagedImage(data["target"], data["digest"], file["path"], file["digest"], file["size"], layers)
