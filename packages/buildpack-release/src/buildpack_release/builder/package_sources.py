"""The buildpackages of a configuration, found and read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_release.builder.locator import (
    FolderLocator,
    LayoutLocator,
    SiblingLocator,
    buildpack_locator,
)
from buildpack_release.builder.module import read_modules
from buildpack_release.builder.source_image import SourceImage, find_image
from buildpack_release.dist.manifest import DistManifest
from buildpack_release.errors import CheckFailed, ReleaseError, UsageError, shown_path
from buildpack_release.model.buildpack_descriptor import BuildpackDescriptor
from buildpack_release.model.table import suggestion
from buildpack_release.packaging.buildpackage import (
    METADATA_LABEL,
    BuildpackLayer,
    layer_entries,
    make_buildpackage,
)
from oci_registry.image import Platform
from oci_registry.layer import write_layer

if TYPE_CHECKING:
    from pathlib import Path

    from buildpack_release.builder.builder_toml import BuilderConfig, PackageEntry
    from buildpack_release.builder.module import Module
    from buildpack_release.model.targets import DeclaredTarget
    from oci_registry.remote.registries import Registries

EXTENSION_LABEL = "io.buildpacks.extension.metadata"


@dataclass(frozen=True)
class Sources:
    """Where buildpackages can come from. `scratch` takes the layers of buildpacks that are not packaged."""

    dist: Path
    scratch: Path
    registries: Registries

    def read(self, config: BuilderConfig, target: DeclaredTarget) -> tuple[Module, ...]:
        """Read all buildpacks of a configuration, in its order; a composite's package has several.

        Raises ReleaseError, with the place in the configuration, for a package that cannot be used.
        """
        return tuple(
            module for entry in config.packages for module in self._read_entry(config, entry, target)
        )

    def _read_entry(
        self, config: BuilderConfig, entry: PackageEntry, target: DeclaredTarget
    ) -> tuple[Module, ...]:
        try:
            modules, main = self._read_package(config, entry, target)
        except ReleaseError as error:
            # What is wrong may be in a file of its own; a reference is best seen where it was written.
            if error.file is None:
                error.file = config.source.path
                error.line = config.source.line("buildpacks", entry.index)
            raise
        for key, given, found in (("id", entry.id, main[0]), ("version", entry.version, main[1])):
            if given and given != found:
                raise CheckFailed(
                    f'this buildpackage has the {key} "{found}", not "{given}"',
                    file=config.source.path,
                    line=config.source.line("buildpacks", entry.index, key),
                )
        return modules

    def _read_package(
        self, config: BuilderConfig, entry: PackageEntry, target: DeclaredTarget
    ) -> tuple[tuple[Module, ...], tuple[str, str]]:
        packaged = DistManifest.read(self.dist)
        locator = buildpack_locator(
            entry.locator, directory=config.directory, siblings={package.id for package in packaged}
        )
        if isinstance(locator, FolderLocator):
            image = self._package_folder(locator.path, target, entry.index)
        elif isinstance(locator, SiblingLocator):
            layout = self._sibling(packaged, locator)
            image = find_image(layout, entry.locator, target, self.registries)
        else:
            image = find_image(locator, entry.locator, target, self.registries)
        modules = read_modules(_checked(image))
        return modules, _main(image, modules)

    def _sibling(self, packaged: DistManifest, locator: SiblingLocator) -> LayoutLocator:
        package = packaged.find((locator.id, ""))
        if package is None:
            raise UsageError(
                f"{locator.id} is not packaged in {shown_path(self.dist)}",
                advice=suggestion(locator.id, [one.id for one in packaged])
                or f"Run: inv package --id {locator.id} (for an image, write its registry in front).",
            )
        if locator.version and package.version != locator.version:
            raise UsageError(
                f"{shown_path(self.dist)} has {locator.id}@{package.version}, not {locator.version}",
                advice=f"Write {locator.id}@{package.version}, or package the other version.",
            )
        return LayoutLocator(self.dist / package.layout)

    def _package_folder(self, folder: Path, target: DeclaredTarget, index: int) -> SourceImage:
        """Make a package of a buildpack's folder, as pack does."""
        descriptor = BuildpackDescriptor.read(folder / "buildpack.toml")
        missing = [name for name in ("bin/detect", "bin/build") if not (folder / name).is_file()]
        if missing and not descriptor.is_composite:
            raise UsageError(
                f"this buildpack has no {missing[0]}",
                advice=f"If it is one of this repository's sources, write {descriptor} instead of its path.",
                file=folder,
            )
        layer = write_layer(layer_entries(folder, descriptor), self.scratch / f"folder-{index}.layer")
        own = BuildpackLayer(descriptor, layer, descriptor.targets)
        platform = Platform(target.os, target.arch, target.variant)
        made = make_buildpackage(descriptor, platform, own, [])
        name = shown_path(folder)
        return SourceImage(made.manifest, made.config.document, name=name, layers=made.layers)


def _checked(image: SourceImage) -> SourceImage:
    if EXTENSION_LABEL in image.labels:
        raise CheckFailed(f"{image.name} is an image extension, which cannot be put into a builder here")
    return image


def _main(image: SourceImage, modules: tuple[Module, ...]) -> tuple[str, str]:
    """Return id and version of the package itself."""
    label = image.json_label(METADATA_LABEL)
    found = (str(label.get("id")), str(label.get("version"))) if isinstance(label, dict) else None
    if found is None:
        raise CheckFailed(f"{image.name} is no buildpackage: it has no label {METADATA_LABEL}")
    if not any((module.id, module.version) == found for module in modules):
        raise CheckFailed(f"{image.name} calls itself {'@'.join(found)}, which is not in it")
    return found
