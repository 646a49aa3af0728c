from __future__ import annotations

import json
import tarfile
from typing import TYPE_CHECKING, Any

from buildpack_release.model.buildpack_descriptor import BuildpackDescriptor
from buildpack_release.packaging.buildpackage import BuildpackLayer, layer_entries, make_buildpackage
from oci_registry.blob_source import BlobSource
from oci_registry.content import LAYER
from oci_registry.image import Image, Platform
from oci_registry.layer import ImageLayer

if TYPE_CHECKING:
    from pathlib import Path

COMPONENT = """
api = "0.10"
[buildpack]
id = "acme/py"
version = "1.2.3"
name = "Python & more"
homepage = "https://example.org/py"
description = "Für Python"
keywords = ["python"]
clear-env = true
sbom-formats = ["application/vnd.cyclonedx+json"]
[[buildpack.licenses]]
type = "Apache-2.0"
[[buildpack.licenses]]
uri = "https://example.org/license"
[[targets]]
os = "linux"
arch = "amd64"
[[targets]]
os = "linux"
arch = "arm64"
[[targets.distros]]
name = "ubuntu"
version = "24.04"
[metadata]
own = true
"""
COMPOSITE = """
api = "0.11"
[buildpack]
id = "acme/all"
version = "2.0.0"
[[order]]
[[order.group]]
id = "acme/py"
version = "1.2.3"
[[order.group]]
id = "acme/app"
version = "1.0.0"
optional = true
"""
OTHER = """
api = "0.10"
[buildpack]
id = "acme/app"
version = "1.0.0"
[[targets]]
os = "linux"
arch = "amd64"
"""


def layer(tmp_path: Path, text: str, letter: str) -> BuildpackLayer:
    (tmp_path / "buildpack.toml").write_text(text, "utf-8")
    descriptor = BuildpackDescriptor.read(tmp_path / "buildpack.toml")
    blob = BlobSource(f"sha256:{letter * 64}", 10)
    one = ImageLayer(LAYER, blob, f"sha256:{letter.upper() * 64}", 20)
    return BuildpackLayer(descriptor, one, descriptor.targets)


def labels(image: Image) -> dict[str, Any]:
    config = image.config.document
    return {name: json.loads(value) for name, value in config["config"]["Labels"].items()}


def test_the_labels_of_a_component(tmp_path: Path) -> None:
    """Exactly what pack and builders read; the stack is there because the specification demands one."""
    own = layer(tmp_path, COMPONENT, "a")
    assert labels(make_buildpackage(own.descriptor, Platform("linux", "arm64"), own, [])) == {
        "io.buildpacks.buildpackage.metadata": {
            "id": "acme/py",
            "version": "1.2.3",
            "name": "Python & more",
            "homepage": "https://example.org/py",
            "description": "Für Python",
            "keywords": ["python"],
            "licenses": [{"type": "Apache-2.0"}, {"uri": "https://example.org/license"}],
            "clear-env": True,
            "stacks": [{"id": "*"}],
        },
        "io.buildpacks.buildpack.layers": {
            "acme/py": {
                "1.2.3": {
                    "api": "0.10",
                    "layerDiffID": f"sha256:{'A' * 64}",
                    "name": "Python & more",
                    "homepage": "https://example.org/py",
                    "targets": [
                        {"os": "linux", "arch": "amd64"},
                        {
                            "os": "linux",
                            "arch": "arm64",
                            "distros": [{"name": "ubuntu", "version": "24.04"}],
                        },
                    ],
                }
            }
        },
    }


def test_the_labels_of_a_composite(tmp_path: Path) -> None:
    """One entry for each layer; the composite's has its order, and neither targets nor stacks."""
    own = layer(tmp_path, COMPOSITE, "c")
    parts = [layer(tmp_path, COMPONENT, "a"), layer(tmp_path, OTHER, "b")]
    image = make_buildpackage(own.descriptor, Platform("linux", "amd64"), own, parts)
    found = labels(image)["io.buildpacks.buildpack.layers"]
    assert set(found) == {"acme/all", "acme/app", "acme/py"}
    assert found["acme/all"] == {
        "2.0.0": {
            "api": "0.11",
            "layerDiffID": f"sha256:{'C' * 64}",
            "order": [
                {
                    "group": [
                        {"id": "acme/py", "version": "1.2.3"},
                        {"id": "acme/app", "version": "1.0.0", "optional": True},
                    ]
                }
            ],
        }
    }


def test_layers_are_sorted_and_the_composite_comes_last(tmp_path: Path) -> None:
    """Whatever order the components are given in: the same image."""
    own = layer(tmp_path, COMPOSITE, "c")
    parts = [layer(tmp_path, COMPONENT, "a"), layer(tmp_path, OTHER, "b")]
    platform = Platform("linux", "amd64")
    image = make_buildpackage(own.descriptor, platform, own, parts)
    assert [item.title for item in image.layers] == ["acme/app@1.0.0", "acme/py@1.2.3", "acme/all@2.0.0"]
    config = image.config.document
    assert config["rootfs"]["diff_ids"] == [f"sha256:{letter * 64}" for letter in "BAC"]
    assert make_buildpackage(own.descriptor, platform, own, parts[::-1]) == image


def test_annotations(tmp_path: Path) -> None:
    """The standard ones; nothing empty, no time, no machine."""
    own = layer(tmp_path, COMPONENT, "a")
    source = "https://forge.example/acme/x"
    image = make_buildpackage(own.descriptor, Platform("linux", "amd64"), own, [], source=source)
    assert image.manifest.document["annotations"] == {
        "org.opencontainers.image.source": source,
        "org.opencontainers.image.title": "Python & more",
        "org.opencontainers.image.version": "1.2.3",
        "org.opencontainers.image.description": "Für Python",
        "org.opencontainers.image.url": "https://example.org/py",
        "org.opencontainers.image.licenses": "Apache-2.0",
    }


def test_the_entries_of_a_layer(tmp_path: Path) -> None:
    """The folders of id and version first, and none for /cnb/buildpacks: pack would take it for an id's."""
    own = layer(tmp_path, COMPONENT, "a")
    folder = tmp_path / "assembled"
    (folder / "bin").mkdir(parents=True)
    for name in ("bin/detect", "bin/build", "buildpack.toml"):
        (folder / name).touch(mode=0o600)
    entries = list(layer_entries(folder, own.descriptor))
    assert [(entry.name, entry.kind == tarfile.DIRTYPE, entry.is_executable) for entry in entries] == [
        ("/cnb/buildpacks/acme_py", True, True),
        ("/cnb/buildpacks/acme_py/1.2.3", True, True),
        ("/cnb/buildpacks/acme_py/1.2.3/bin", True, True),
        ("/cnb/buildpacks/acme_py/1.2.3/bin/build", False, True),
        ("/cnb/buildpacks/acme_py/1.2.3/bin/detect", False, True),
        ("/cnb/buildpacks/acme_py/1.2.3/buildpack.toml", False, False),
    ]
