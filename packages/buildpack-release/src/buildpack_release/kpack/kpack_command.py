"""`inv builder.kpack`: find the digests of what a builder.toml names, and write kpack's resources."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_common.files import write_atomically
from buildpack_release.builder.base import STACK_LABEL
from buildpack_release.builder.builder_toml import BuilderConfig, read_config
from buildpack_release.builder.create import raise_first
from buildpack_release.builder.locator import SiblingLocator, buildpack_locator
from buildpack_release.errors import CheckFailed, ConflictError, ReleaseError, UsageError
from buildpack_release.kpack.kpack_apps import is_label, is_resource_name, read_apps
from buildpack_release.kpack.kpack_resources import (
    KpackBuilder,
    KpackBuildpack,
    KpackFile,
    PinnedImage,
    buildpack_name,
    kustomization,
    resource_files,
)
from buildpack_release.kpack.yaml_text import yaml_document, yaml_stream
from buildpack_release.model.repository import Repository
from buildpack_release.packaging.buildpackage import LAYERS_LABEL, METADATA_LABEL
from buildpack_release.publish.package_release import store_name
from oci_registry.content import json_object, label_object
from oci_registry.folders import writing
from oci_registry.reading import read_tree
from oci_registry.reference import Reference

if TYPE_CHECKING:
    from oci_registry.reading import ImageTree
    from oci_registry.remote.registries import Registries

_MARK = "# Written by `inv builder.kpack`: a change here is lost when it is run again."
_OURS = frozenset(
    {"buildpacks.yaml", "stack.yaml", "lifecycle.yaml", "builder.yaml", "apps.yaml", "kustomization.yaml"}
)


@dataclass(frozen=True, kw_only=True)
class KpackOptions:
    """What the options say; "" for what they do not."""

    to: Path
    tag: str
    packages: str = ""
    lifecycle: str = ""
    name: str = "strata"
    service_account: str = "default"
    namespace: str = "default"
    apps: str = ""
    store: bool = False

    def check(self) -> None:
        """Raise UsageError for names that no cluster takes, and for tags that are none."""
        for option, value, fits in (
            ("--name", self.name, is_resource_name(self.name)),
            ("--service-account", self.service_account, is_resource_name(self.service_account)),
            ("--namespace", self.namespace, is_label(self.namespace)),
        ):
            if not fits:
                raise UsageError(f'{option}: "{value}" is no name of a resource (RFC 1123)')
        if Reference.parse(self.tag).digest is not None:
            raise UsageError("--tag: kpack pushes the builder to a tag, not to a digest")


def write_kpack(
    root: Path, config_file: Path, options: KpackOptions, registries: Registries
) -> tuple[Path, ...]:
    """Write the resources of a builder and its apps; return the files.

    Raises:
        UsageError: a name or reference that cannot be; a buildpack that is in no registry.
        ConflictError: the directory holds something else.
        CheckFailed: the configuration or the list of apps is not sound.
        RegistryError, ReleaseError: an image is not there.
    """
    options.check()
    config, findings = read_config(config_file)
    raise_first(findings, config_file)
    apps = read_apps(Path(options.apps)) if options.apps else ()
    _check_directory(options.to)
    build, tree = _pinned(Reference.parse(config.build_image), registries)
    labels = tree.images[0].labels if tree.images else {}
    builder = KpackBuilder(
        name=options.name,
        tag=options.tag,
        account=(options.service_account, options.namespace),
        stack_id=config.stack_id or labels.get(STACK_LABEL) or options.name,
        build=build,
        run=_pinned(Reference.parse(config.run_images[0].image), registries)[0],
        lifecycle=_pinned(Reference.parse(options.lifecycle), registries)[0] if options.lifecycle else None,
        buildpacks=_buildpacks(root, config, options, registries),
        in_store=options.store,
    )
    _check_order(config, builder)
    files = list(resource_files(builder, config, apps, options.namespace))
    return _write(options.to, [*files, kustomization(files)])


def _pinned(reference: Reference, registries: Registries) -> tuple[PinnedImage, ImageTree]:
    store = registries.repository(reference)
    root = store.manifest(reference.target or "latest")
    if root is None:
        raise ReleaseError(f"there is no image {reference}")
    return PinnedImage(reference.name, root.digest, str(reference)), read_tree(store, root)


def _buildpacks(
    root: Path, config: BuilderConfig, options: KpackOptions, registries: Registries
) -> tuple[KpackBuildpack, ...]:
    ours = {one.id: one.descriptor.version for one in Repository.discover(root).buildpacks}
    found = []
    for entry in config.packages:
        locator = buildpack_locator(entry.locator, directory=config.directory, siblings=ours)
        if isinstance(locator, SiblingLocator):
            locator = _published(locator, ours, options.packages)
        if not isinstance(locator, Reference):
            raise UsageError(
                "kpack takes buildpacks from registries, and this is a file",
                advice="Publish it, and name its image.",
                file=config.source.path,
                line=config.source.line("buildpacks", entry.index),
            )
        image, tree = _pinned(locator, registries)
        found.append(_buildpack(tree, image))
    names = [buildpack_name(one.id) for one in found]
    for name in names:
        if names.count(name) > 1 or not is_resource_name(name):
            raise CheckFailed(f"{name} cannot be the name of one buildpack's resource")
    return tuple(found)


def _published(locator: SiblingLocator, ours: dict[str, str], packages: str) -> Reference:
    if not packages:
        raise UsageError(
            f"it is not said where {locator.id} is published",
            advice="Say it with --packages REGISTRY/NAMESPACE, as publish --to has it.",
        )
    version = locator.version or ours.get(locator.id, "")
    if not version:
        raise UsageError(f"the version of {locator.id} is not known", advice=f"Write {locator.id}@VERSION.")
    return Reference.parse_namespace(packages).child(store_name(locator.id)).with_tag(version)


def _buildpack(tree: ImageTree, image: PinnedImage) -> KpackBuildpack:
    """Read what a buildpackage says of itself; its images for all platforms say the same."""
    labels = tree.images[0].labels if tree.images else {}
    found = label_object(labels, METADATA_LABEL)
    if not isinstance(found.get("id"), str):
        raise CheckFailed(f"{image.said} is no buildpackage: it has no label {METADATA_LABEL}")
    layers = label_object(labels, LAYERS_LABEL)
    contents = {name: frozenset(map(str, json_object(versions))) for name, versions in layers.items()}
    return KpackBuildpack(found["id"], image, contents)


def _check_order(config: BuilderConfig, builder: KpackBuilder) -> None:
    """Raise CheckFailed if the order names a buildpack that is in no package, or not in that version."""
    if not config.order:
        raise CheckFailed("the configuration has no [[order]], which kpack needs", file=config.source.path)
    known: dict[str, set[str]] = {}
    for one in builder.buildpacks:
        for name, versions in one.contents.items():
            known.setdefault(name, set()).update(versions)
    for group_number, group in enumerate(config.order):
        for number, entry in enumerate(group):
            there = known.get(entry.id, set())
            if not there or (entry.version and entry.version not in there):
                raise CheckFailed(
                    f"{f'{entry.id}@{entry.version}'.rstrip('@')} is in none of the buildpackages",
                    file=config.source.path,
                    line=config.source.line("order", group_number, "group", number),
                )


def _check_directory(directory: Path) -> None:
    if directory.exists() and not directory.is_dir():
        raise ConflictError("this is not a directory", file=directory)
    others = [path for path in directory.glob("*") if path.name not in _OURS] if directory.exists() else []
    unmarked = [
        path
        for path in directory.glob("*.yaml")
        if path.name in _OURS and not path.read_text("utf-8", "replace").startswith(_MARK)
    ]
    if others or unmarked:
        raise ConflictError(
            "this directory holds something that was not written by this command",
            detail=f"It has {(others or unmarked)[0].name}.",
            advice="Name a new directory.",
            file=directory,
        )


def _write(directory: Path, files: list[KpackFile]) -> tuple[Path, ...]:
    with writing(directory):
        directory.mkdir(parents=True, exist_ok=True)
        for name in _OURS - {file.name for file in files}:
            (directory / name).unlink(missing_ok=True)
        for file in files:
            documents = [yaml_document(content, comment=comment) for comment, content in file.resources]
            write_atomically(directory / file.name, f"{_MARK}\n{yaml_stream(documents)}".encode())
    return tuple(directory / file.name for file in files)
