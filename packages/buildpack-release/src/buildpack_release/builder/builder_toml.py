"""A builder's configuration: pack's builder.toml (pack 0.40, "builder configuration"), read strictly."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from buildpack_release.builder.builder_variables import BuildVariable, read_variables
from buildpack_release.model.buildpack_descriptor import OrderEntry, id_fault
from buildpack_release.model.table import Table
from buildpack_release.model.targets import DeclaredTarget, read_targets
from buildpack_release.model.toml_source import TomlSource

if TYPE_CHECKING:
    from pathlib import Path

    from buildpack_release.model.finding import Finding
    from buildpack_release.model.order import Group, Order

_ROOT_KEYS = (
    "description",
    "buildpacks",
    "order",
    "lifecycle",
    "build",
    "run",
    "targets",
    "system",
    "stack",
    "extensions",
    "order-extensions",
)
_PACKAGE_KEYS = ("uri", "image", "id", "version")
_STACK_KEYS = ("id", "build-image", "run-image", "run-image-mirrors")


@dataclass(frozen=True)
class PackageEntry:
    """One `[[buildpacks]]`: where a buildpackage is, and the id and version it must have, if given."""

    locator: str
    id: str
    version: str
    index: int


@dataclass(frozen=True)
class RunImage:
    """One `[[run.images]]`: an image that apps can run on, and copies of it elsewhere."""

    image: str
    mirrors: tuple[str, ...]


@dataclass(frozen=True)
class BuilderConfig:
    """A builder.toml. `build_image` and `run_images` may stand in the deprecated `[stack]` as well."""

    source: TomlSource = field(repr=False, compare=False)
    description: str
    packages: tuple[PackageEntry, ...]
    order: Order
    system_pre: Group
    system_post: Group
    lifecycle: str
    build_image: str
    run_images: tuple[RunImage, ...]
    variables: tuple[BuildVariable, ...]
    stack_id: str
    targets: tuple[DeclaredTarget, ...]

    @property
    def directory(self) -> Path:
        """What relative paths in the file start from."""
        return self.source.path.absolute().parent


def read_config(path: Path) -> tuple[BuilderConfig, tuple[Finding, ...]]:
    """Read a builder.toml, and find what is wrong with it. It is sound when no finding is an error.

    Raises CheckFailed for what is not TOML, ReleaseError for a file that cannot be read.
    """
    source = TomlSource.read(path)
    findings: list[Finding] = []
    root = Table.root(source, findings)
    root.refuse_unknown_keys(_ROOT_KEYS)
    _refuse_extensions(root)
    stack = root.table("stack")
    stack.refuse_unknown_keys(_STACK_KEYS)
    pre, post = _read_system(root.table("system"))
    build = root.table("build", required="stack" not in root.data)
    build.refuse_unknown_keys(("image", "env"))
    config = BuilderConfig(
        source=source,
        description=root.string("description"),
        packages=tuple(_read_package(table, index) for index, table in enumerate(root.tables("buildpacks"))),
        order=tuple(_read_group(table, "group") for table in root.tables("order")),
        system_pre=pre,
        system_post=post,
        lifecycle=_read_lifecycle(root.table("lifecycle", required=True)),
        build_image=_read_build_image(build, stack),
        run_images=_read_run_images(root, stack),
        variables=read_variables(build),
        stack_id=stack.string("id"),
        targets=read_targets(root),
    )
    _check_whole(config, root)
    return config, tuple(findings)


def _refuse_extensions(root: Table) -> None:
    for key in ("extensions", "order-extensions"):
        if root.data.get(key):
            root.error("extensions", "image extensions cannot be put into a builder here", key)


def _read_package(table: Table, index: int) -> PackageEntry:
    table.refuse_unknown_keys(_PACKAGE_KEYS)
    uri, image = table.string("uri"), table.string("image")
    if uri and image:
        table.error("buildpack", '"uri" and "image" are given, and only one can be', "image")
    elif not (uri or image):
        table.error("buildpack", 'a buildpack needs a "uri": a file, a layout, a reference or an id')
    return PackageEntry(uri or image, table.string("id"), table.string("version"), index)


def _read_group(table: Table, key: str) -> Group:
    table.refuse_unknown_keys((key,))
    entries = tuple(_read_entry(entry) for entry in table.tables(key))
    if not entries and key == "group":
        table.error("empty-group", "an order group needs at least one buildpack")
    seen: set[str] = set()
    for index, entry in enumerate(entries):
        if entry.id and entry.id in seen:
            table.error("duplicate-entry", f"{entry.id} stands twice in this group", key, index)
        seen.add(entry.id)
    return entries


def _read_entry(table: Table) -> OrderEntry:
    table.refuse_unknown_keys(("id", "version", "optional"))
    entry = OrderEntry(table.string("id", required=True), table.string("version"), table.boolean("optional"))
    if entry.id and (fault := id_fault(entry.id)):
        table.error("id", f'the id "{entry.id}" {fault}', "id")
    return entry


def _read_system(table: Table) -> tuple[Group, Group]:
    table.refuse_unknown_keys(("pre", "post"))
    return _read_group(table.table("pre"), "buildpacks"), _read_group(table.table("post"), "buildpacks")


def _read_lifecycle(table: Table) -> str:
    table.refuse_unknown_keys(("uri", "version"))
    uri, version = table.string("uri"), table.string("version")
    if uri and version:
        table.error("lifecycle", '"uri" and "version" are given, and only one can be', "version")
    elif "version" in table.data:
        message = "a lifecycle by version would have to be downloaded, which is not done here"
        table.error("lifecycle", message, "version", advice='fetch its .tgz and name the file with "uri"')
    elif "lifecycle" in table.source.data:
        table.string("uri", required=True)
    return uri


def _read_build_image(build: Table, stack: Table) -> str:
    image, old = build.string("image"), stack.string("build-image")
    if image and old and image != old:
        stack.error("stack", '"stack.build-image" is not "build.image"', "build-image")
    if not (image or old) and "build" in build.source.data:
        build.string("image", required=True)
    elif not (image or old) and "stack" in build.source.data:
        stack.error("missing-key", '"build.image" is missing', advice="[build] with image = a base image")
    return image or old


def _read_run_images(root: Table, stack: Table) -> tuple[RunImage, ...]:
    run = root.table("run")
    run.refuse_unknown_keys(("images",))
    images = tuple(_read_run_image(table) for table in run.tables("images"))
    old = stack.string("run-image")
    if images and old and images[0].image != old:
        stack.error("stack", '"stack.run-image" is not the first of "run.images"', "run-image")
    if not images and old:
        return (RunImage(old, stack.strings("run-image-mirrors")),)
    if not images:
        advice = "[[run.images]] with image = the image that apps will run on"
        root.error("missing-key", '"run.images" is missing', "run", advice=advice)
    return images


def _read_run_image(table: Table) -> RunImage:
    table.refuse_unknown_keys(("image", "mirrors"))
    return RunImage(table.string("image", required=True), table.strings("mirrors"))


def _check_whole(config: BuilderConfig, root: Table) -> None:
    if "stack" in root.data:
        root.warning("stack", "[stack] is deprecated", "stack", advice="write [build] and [[run.images]]")
    if not config.order and not root.data.get("order"):
        root.warning(
            "order", "no [[order]]: every build would have to name its buildpacks", advice="add an [[order]]"
        )
    if len(config.targets) > 1:
        message = "several [[targets]], but a builder is for one: its lifecycle is for one processor"
        root.error("targets", message, "targets", 1, advice="write one configuration for each")
