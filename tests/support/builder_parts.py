"""Small parts of builders: base images, lifecycles and buildpackages, sound unless a test asks otherwise."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from buildpack_release.builder.create import Created, create_builder
from buildpack_release.errors import ReleaseError
from buildpack_release.model.buildpack_descriptor import BuildpackDescriptor
from buildpack_release.packaging.buildpackage import BuildpackLayer, layer_entries, make_buildpackage
from buildpack_testing.cnb import image_layout
from oci_registry.image import Platform
from oci_registry.layer import write_layer
from oci_registry.layout import write_archive
from support.sample_repository import write

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

PROGRAMS = ("detector", "restorer", "analyzer", "builder", "exporter", "launcher", "creator")
LIFECYCLE_TOML = """
[apis.buildpack]
deprecated = ["0.9"]
supported = ["0.10", "0.11", "0.12"]
[apis.platform]
deprecated = []
supported = ["0.12", "0.15"]
[lifecycle]
version = "0.21.17"
"""
ENVIRONMENT = ("PATH=/bin", "CNB_USER_ID=1001", "CNB_GROUP_ID=1002")
TARGETS = '[[targets]]\nos = "linux"\narch = "amd64"\n'


def base(
    folder: Path,
    *,
    environment: Sequence[str] = ENVIRONMENT,
    labels: Mapping[str, str] | None = None,
    files: Sequence[str] = (),
    **config: object,
) -> Path:
    """Make a base image as a layout, with `etc/hello` and these files in its one layer."""
    folder.mkdir(parents=True)
    tar = folder / "rootfs.tar"
    tar.write_bytes(archive({"etc/hello": b"hello\n", **dict.fromkeys(files, b"")}))
    whole: dict[str, Any] = {
        "architecture": "amd64",
        "os": "linux",
        "created": "2020-02-02T00:00:00Z",
        "config": {"User": "1001:1002", "Env": list(environment), "Labels": dict(labels or {"who": "base"})},
        **config,
    }
    image_layout.write(folder / "layout", tar, whole, tag="base")
    return folder / "layout"


def archive(members: Mapping[str, bytes], links: Mapping[str, str] | None = None) -> bytes:
    """Make a tar archive of files and symbolic links."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), 0o755
            tar.addfile(member, io.BytesIO(content))
        for name, target in (links or {}).items():
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, target
            tar.addfile(member)
    return data.getvalue()


def lifecycle(
    path: Path,
    *,
    descriptor: str | None = LIFECYCLE_TOML,
    program: bytes = b"#!/bin/sh\n",
    without: Sequence[str] = (),
    links: Mapping[str, str] | None = None,
    folder: str = "lifecycle",
) -> Path:
    """Make an archive of a lifecycle: `lifecycle`, `launcher`, and links for the phases."""
    members = {f"{folder}/lifecycle": program, f"{folder}/launcher": program}
    phases = {f"{folder}/{name}": "lifecycle" for name in PROGRAMS if name != "launcher"}
    if descriptor is not None:
        members["lifecycle.toml"] = descriptor.encode()
    left = [f"{folder}/{name}" for name in without]
    data = archive(
        {name: content for name, content in members.items() if name not in left},
        {name: target for name, target in {**phases, **(links or {})}.items() if name not in left},
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(data, mtime=0))
    return path


def buildpack(
    folder: Path,
    id_version: str,
    *,
    api: str = "0.10",
    tables: str = TARGETS,
    plans: Mapping[str, tuple[str | None, str]] | None = None,
    program: str = "exit 0",
) -> Path:
    """Make a buildpack's folder. With `plans` (see sample_repository.component) its detection is data."""
    id_, _, version = id_version.partition("@")
    text = f'api = "{api}"\n[buildpack]\nid = "{id_}"\nversion = "{version}"\n'
    text += '[[buildpack.licenses]]\ntype = "MIT"\n'
    write(folder / "buildpack.toml", text + tables)
    if "[[order]]" not in tables:
        for name in ("detect", "build"):
            write(folder / "bin" / name, f"#!/bin/sh\n{program}\n").chmod(0o755)
    for name, (markers, plan) in (plans or {}).items():
        write(folder / "lib/buildpack_api/__init__.py")
        write(folder / "detect" / name / "plan.toml", plan)
        if markers is not None:
            write(folder / "detect" / name / "markers", markers)
    return folder


def order(*groups: Sequence[str]) -> str:
    """Return the order of a composite; a member is `id@version`, with `?` at the end if it is optional."""
    text = ""
    for group in groups:
        text += "[[order]]\n"
        for member in group:
            id_, _, version = member.rstrip("?").partition("@")
            text += f'[[order.group]]\nid = "{id_}"\n' + (f'version = "{version}"\n' if version else "")
            text += "optional = true\n" if member.endswith("?") else ""
    return text


def package(path: Path, folder: Path, *components: Path, arch: str = "amd64") -> Path:
    """Package a buildpack with its components as a `.cnb` file."""
    layers = []
    for number, one in enumerate((folder, *components)):
        descriptor = BuildpackDescriptor.read(one / "buildpack.toml")
        file = path.with_name(f"{path.name}.{number}")
        file.unlink(missing_ok=True)
        layer = write_layer(layer_entries(one, descriptor), file)
        layers.append(BuildpackLayer(descriptor, layer, descriptor.targets))
    image = make_buildpackage(layers[0].descriptor, Platform("linux", arch), layers[0], layers[1:])
    path.unlink(missing_ok=True)
    write_archive(path, image, ref="1")
    return path


@dataclass(frozen=True)
class Parts:
    """A folder with a base, a lifecycle and packages, and the configuration that names them."""

    folder: Path

    @property
    def config(self) -> Path:
        """The configuration."""
        return self.folder / "builder.toml"

    @property
    def dist(self) -> Path:
        """An empty folder for siblings."""
        return self.folder / "dist"

    def configure(self, *packages: str, order: str, more: str = "", base: str = "oci:base/layout") -> Path:
        """Write a configuration."""
        text = "".join(f'[[buildpacks]]\nuri = "{one}"\n' for one in packages) + order
        text += f'[lifecycle]\nuri = "lifecycle.tgz"\n[build]\nimage = "{base}"\n'
        return write(self.config, text + '[[run.images]]\nimage = "example/run"\n' + more)


def parts(folder: Path) -> Parts:
    """Make the parts of a builder with two components and a composite: acme/all of acme/a and acme/b."""
    base(folder / "base")
    lifecycle(folder / "lifecycle.tgz")
    plan_a = '[[provides]]\nname = "a"\n'
    plan_b = '[[requires]]\nname = "a"\n'
    a = buildpack(folder / "a", "acme/a@1.0.0", plans={"10-always": (None, plan_a)})
    b = buildpack(folder / "b", "acme/b@2.0.0", plans={"10-some": ("b.txt\n", plan_b)})
    both = buildpack(folder / "all", "acme/all@3.0.0", tables=order(["acme/a@1.0.0", "acme/b@2.0.0"]))
    package(folder / "a.cnb", a)
    package(folder / "all.cnb", both, a, b)
    made = Parts(folder)
    made.configure("all.cnb", order=order(["acme/all"]))
    return made


def read_builder(layout: Path) -> tuple[Mapping[str, Any], list[dict[str, tarfile.TarInfo]]]:
    """Read the configuration of a builder in a layout, and what its layers hold."""
    image = image_layout.read(layout)
    layers = []
    for layer in image.manifest["layers"]:
        with tarfile.open(image_layout.blob(layout, layer["digest"])) as tar:
            layers.append({member.name: member for member in tar})
    return image.config, layers


def file_in_builder(layout: Path, name: str) -> str:
    """Read a file of a builder in a layout: the one of the topmost layer that has it."""
    image = image_layout.read(layout)
    for layer in reversed(image.manifest["layers"]):
        with tarfile.open(image_layout.blob(layout, layer["digest"])) as tar:
            if name in tar.getnames():
                content = tar.extractfile(name)
                assert content is not None
                return content.read().decode()
    raise FileNotFoundError(name)


def json_label(config: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401  JSON is untyped
    """Read a label that holds JSON."""
    return json.loads(config["config"]["Labels"][name])


def create(parts: Parts, to: str | Path = "") -> Created:
    """Compose the builder; without a destination as the layout `out`."""
    destination = str(to or parts.folder / "out")
    return create_builder(parts.config, destination, dist=parts.dist, report=lambda _: None)


def said(parts: Parts) -> str:
    """Return the error of creating; nothing may have been written."""
    with pytest.raises(ReleaseError) as caught:
        create(parts)
    assert not (parts.folder / "out").exists()
    return str(caught.value)


def created_in(parts: Parts) -> Path:
    """Compose the builder and give its layout."""
    create(parts)
    return parts.folder / "out"
