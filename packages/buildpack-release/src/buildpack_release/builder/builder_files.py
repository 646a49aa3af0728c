"""The files in a builder that the lifecycle and platforms read (Platform API 0.12, "Builder Image")."""

from __future__ import annotations

import io
import json
import tarfile
from typing import TYPE_CHECKING

from oci_registry.tar import EPOCH, TarEntry

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from buildpack_release.builder.base import Base
    from buildpack_release.builder.builder_toml import RunImage
    from buildpack_release.model.buildpack_descriptor import OrderEntry
    from buildpack_release.model.order import Group, Order

ORDER = "/cnb/order.toml"
SYSTEM = "/cnb/system.toml"
STACK = "/cnb/stack.toml"
RUN = "/cnb/run.toml"
VARIABLES = "/cnb/build-config/env"
WORKSPACE = "/workspace"
LAYERS = "/layers"
_WRITABLE = (WORKSPACE, LAYERS)
_FIXED = (
    "/cnb",
    "/cnb/buildpacks",
    "/cnb/extensions",
    "/platform",
    "/platform/env",
    "/cnb/build-config",
    "/cnb/build-config/env",
)


def folders_archive(base: Base) -> bytes:
    """Return the archive of the folders that builds find: two of the user's, the others root's."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name in (*_WRITABLE, *_FIXED):
            folder = tarfile.TarInfo(name)
            folder.type, folder.mode, folder.mtime = tarfile.DIRTYPE, 0o755, EPOCH
            if name in _WRITABLE:
                folder.uid, folder.gid = base.user, base.group
            tar.addfile(folder)
    return archive.getvalue()


def order_toml(order: Order) -> str:
    """Return the content of order.toml."""
    return "\n".join(
        "\n".join(["[[order]]\n", *(f"[[order.group]]\n{_entry(entry)}" for entry in group)])
        for group in order
    )


def system_toml(pre: Group, post: Group) -> str:
    """Return the content of system.toml, which has the buildpacks that come before and after every group."""
    return "\n".join(
        f"[[system.{kind}.buildpacks]]\n{_entry(entry)}"
        for kind, group in (("pre", pre), ("post", post))
        for entry in group
    )


def stack_toml(image: RunImage) -> str:
    """Return the content of stack.toml, which older platforms read: the first run image."""
    return f"[run-image]\n{_image(image)}"


def run_toml(images: Sequence[RunImage]) -> str:
    """Return the content of run.toml."""
    return "\n".join(f"[[images]]\n{_image(image)}" for image in images)


def variable_entries(files: Mapping[str, str]) -> Iterator[TarEntry]:
    """Return the files of the operator's variables, as they were written: without a line end added."""
    for name, value in files.items():
        yield TarEntry.content(f"{VARIABLES}/{name}", value.encode())


def toml_string(text: str) -> str:
    """Write a string as TOML has it: JSON's escapes are a part of TOML's."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _entry(entry: OrderEntry) -> str:
    optional = "optional = true\n" if entry.optional else ""
    return f"id = {toml_string(entry.id)}\nversion = {toml_string(entry.version)}\n{optional}"


def _image(image: RunImage) -> str:
    mirrors = ", ".join(map(toml_string, image.mirrors))
    return f"image = {toml_string(image.image)}\nmirrors = [{mirrors}]\n"
