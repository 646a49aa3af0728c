from __future__ import annotations

import json
import tarfile
from typing import TYPE_CHECKING, Any

import pytest

from buildpack_testing.archive import unpack
from oci_registry.content import MANIFEST, canonical_json, file_sha256, sha256
from oci_registry.image import Image, ImageIndex, Platform, make_image, make_index, plain_config
from oci_registry.layer import write_layer
from oci_registry.layout import LayoutStore, write_archive, write_layout
from oci_registry.tar import TarEntry

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from oci_registry.layer import ImageLayer

AMD, ARM = Platform("linux", "amd64"), Platform("linux", "arm64", "v8")


@pytest.fixture
def index(tmp_path: Path) -> ImageIndex:
    """Two images that share their layer."""
    layer = write_layer([TarEntry.content("a", b"a")], tmp_path / "layer", title="one layer")
    return make_index([one_image(platform, [layer]) for platform in (AMD, ARM)], annotations={"n": "v"})


def one_image(platform: Platform, layers: Sequence[ImageLayer]) -> Image:
    config = plain_config(platform, layers, {"k": "ü"})
    return make_image(platform, layers, config=config, annotations={"n": "v"})


def read(directory: Path, descriptor: Mapping[str, Any]) -> dict[str, Any]:
    data = (directory / "blobs" / descriptor["digest"].replace(":", "/")).read_bytes()
    assert (sha256(data), len(data)) == (descriptor["digest"], descriptor["size"])
    content: dict[str, Any] = json.loads(data)
    return content


def test_a_layout_leads_from_its_name_to_every_layer(tmp_path: Path, index: ImageIndex) -> None:
    """index.json names one image index, that lists an image for each platform, whose parts are all there."""
    write_layout(tmp_path / "x", index, ref="1.2.3")
    assert json.loads((tmp_path / "x/oci-layout").read_text()) == {"imageLayoutVersion": "1.0.0"}
    (entry,) = json.loads((tmp_path / "x/index.json").read_text())["manifests"]
    assert entry["annotations"] == {"org.opencontainers.image.ref.name": "1.2.3"}
    children = read(tmp_path / "x", entry)["manifests"]
    assert [child["platform"] for child in children] == [
        {"os": "linux", "architecture": "amd64"},
        {"os": "linux", "architecture": "arm64", "variant": "v8"},
    ]
    for child in children:
        manifest = read(tmp_path / "x", child)
        config = read(tmp_path / "x", manifest["config"])
        (layer,) = manifest["layers"]
        assert (tmp_path / "x/blobs" / layer["digest"].replace(":", "/")).stat().st_size == layer["size"]
        assert config["rootfs"] == {"type": "layers", "diff_ids": [index.images[0].layers[0].diff_id]}
        assert config["config"] == {"Labels": {"k": "ü"}}
        assert [one["created_by"] for one in config["history"]] == ["one layer"]
        assert config["created"] == "1980-01-01T00:00:01Z"
    assert len(list((tmp_path / "x/blobs/sha256").iterdir())) == 1 + 2 + 2 + 1, "the layer is stored once"


def test_an_archive_has_one_manifest_and_relative_names(tmp_path: Path, index: ImageIndex) -> None:
    """Pack takes the first manifest whatever its platform, and other tools want relative names."""
    digest = write_archive(tmp_path / "x.cnb", index.images[1], ref="1")
    assert digest == file_sha256(tmp_path / "x.cnb")
    with tarfile.open(tmp_path / "x.cnb", "r:") as archive:
        names = archive.getnames()
        unpack(archive, tmp_path / "x")
    assert names[:2] == ["blobs", "blobs/sha256"]
    assert names[2:5] == sorted(names[2:5])
    assert names[5:] == ["index.json", "oci-layout"]
    (entry,) = json.loads((tmp_path / "x/index.json").read_text())["manifests"]
    assert entry["mediaType"] == MANIFEST
    assert "platform" not in entry
    assert read(tmp_path / "x", read(tmp_path / "x", entry)["config"])["architecture"] == "arm64"


def test_a_whole_layout_is_intact(tmp_path: Path, index: ImageIndex) -> None:
    """And one of another index or version is not the one that is meant."""
    write_layout(tmp_path / "x", index, ref="1")
    assert LayoutStore(tmp_path / "x").holds(index.digest, "1")
    assert not LayoutStore(tmp_path / "x").holds(sha256(b""), "1")
    assert not LayoutStore(tmp_path / "x").holds(index.digest, "2")
    assert not LayoutStore(tmp_path / "y").holds(index.digest, "1")


@pytest.mark.parametrize("damage", ["flip", "cut", "delete", "folder"])
def test_damage_of_any_file_is_noticed(tmp_path: Path, index: ImageIndex, damage: str) -> None:
    """Every file of a layout counts."""
    write_layout(tmp_path / "x", index, ref="1")
    files = sorted(path for path in (tmp_path / "x").rglob("*") if path.is_file())
    assert len(files) == 8
    for path in files:
        data = path.read_bytes()
        path.unlink()
        if damage == "flip":
            path.write_bytes(bytes([data[0] ^ 1]) + data[1:])
        elif damage == "cut":
            path.write_bytes(data[:-1])
        elif damage == "folder":
            path.mkdir()
        assert not LayoutStore(tmp_path / "x").holds(index.digest, "1"), path
        if damage == "folder":
            path.rmdir()
        path.write_bytes(data)
    assert LayoutStore(tmp_path / "x").holds(index.digest, "1")


def test_json_has_one_form() -> None:
    """Equal content gives equal bytes, whatever the order it was put in."""
    assert canonical_json({"b": 1, "a": ["ü", True]}) == '{"a":["ü",true],"b":1}'.encode()


def test_images_of_equal_content_are_equal(index: ImageIndex) -> None:
    """Digests follow from the content alone."""
    again = [one_image(image.platform, image.layers) for image in index.images]
    assert make_index(again, annotations={"n": "v"}) == index
