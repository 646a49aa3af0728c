from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from buildpack_release.builder.locator import ArchiveLocator, LayoutLocator
from buildpack_release.builder.source_image import SourceImage, find_image
from buildpack_release.errors import ReleaseError
from buildpack_release.model.targets import DeclaredTarget
from oci_registry.remote.registries import Registries
from support.builder_parts import archive
from support.sample_repository import write

if TYPE_CHECKING:
    from pathlib import Path

OCI = "application/vnd.oci.image"
AMD64, ARM64 = DeclaredTarget("linux", "amd64"), DeclaredTarget("linux", "arm64")


class Layout:
    """A layout that is written piece by piece, sound or not."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        write(folder / "oci-layout", "{}")

    def add(self, kind: str, content: object, **more: object) -> dict[str, Any]:
        data = json.dumps(content).encode()
        digest = hashlib.sha256(data).hexdigest()
        write(self.folder / "blobs/sha256" / digest, data.decode())
        return {"mediaType": f"{OCI}.{kind}.v1+json", "digest": f"sha256:{digest}", "size": len(data), **more}

    def image(self, name: str, *, layers: int = 0, diff_ids: int = 0, **more: object) -> dict[str, Any]:
        layer = {"mediaType": f"{OCI}.layer.v1.tar", "digest": "sha256:" + "1" * 64, "size": 1}
        config = self.add("config", {"name": name, "rootfs": {"diff_ids": ["sha256:2"] * diff_ids}})
        return self.add("manifest", {"config": config, "layers": [layer] * layers}, **more)

    def point_to(self, *entries: object) -> None:
        write(self.folder / "index.json", json.dumps({"schemaVersion": 2, "manifests": entries}))

    def read(self, wanted: DeclaredTarget | None = None) -> SourceImage:
        return find_image(LayoutLocator(self.folder), "the image", wanted, Registries())


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path / "layout")


def platform(arch: str, **more: str) -> dict[str, str]:
    return {"os": "linux", "architecture": arch, **more}


def test_the_image_for_a_platform_is_chosen(layout: Layout) -> None:
    """Also in an index below the index, and not what is attached to an image as a proof of its origin."""
    amd64 = layout.image("for amd64", platform=platform("amd64"))
    arm64 = layout.image("for arm64", platform=platform("arm64"))
    attached = layout.image("attached", platform={"os": "unknown", "architecture": "unknown"})
    index = layout.add("index", {"manifests": [amd64, attached, arm64]})
    for entries in ([index], [amd64, attached, arm64]):
        layout.point_to(*entries)
        assert layout.read(AMD64).config["name"] == "for amd64"
        assert layout.read(ARM64).config["name"] == "for arm64"
        with pytest.raises(ReleaseError, match="holds 2 images, and it is not said which"):
            layout.read()
        with pytest.raises(ReleaseError, match="has no image for linux/s390x"):
            layout.read(DeclaredTarget("linux", "s390x"))


def test_the_exact_variant_is_preferred(layout: Layout) -> None:
    entries = [layout.image(one, platform=platform("arm", variant=one)) for one in ("v6", "v7")]
    layout.point_to(*entries)
    assert layout.read(DeclaredTarget("linux", "arm", "v7")).config["name"] == "v7"
    assert layout.read(DeclaredTarget("linux", "arm")).config["name"] == "v6"


def test_the_only_image_is_taken_whatever_it_is_for(layout: Layout) -> None:
    """Whether it fits is for the caller to say, with a better message."""
    layout.point_to(layout.image("the only one"))
    assert layout.read(AMD64).config["name"] == "the only one"


def test_layers_and_their_digests_must_pair(layout: Layout) -> None:
    layout.point_to(layout.image("x", layers=2, diff_ids=1))
    with pytest.raises(ReleaseError, match="Its manifest has 2 layers, its configuration 1"):
        layout.read()


def test_changed_documents_are_refused(layout: Layout) -> None:
    """What is not what its digest says is never believed."""
    entry = layout.image("x")
    layout.point_to(entry)
    path = layout.folder / "blobs" / entry["digest"].replace(":", "/")
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(ReleaseError, match="other content than its name says"):
        layout.read()
    path.unlink()
    with pytest.raises(ReleaseError, match="is missing"):
        layout.read()


@pytest.mark.parametrize("text", ["[]", "{", '{"manifests": 1}'])
def test_an_index_must_be_one(layout: Layout, text: str) -> None:
    write(layout.folder / "index.json", text)
    with pytest.raises(ReleaseError):
        layout.read()


def test_an_image_needs_a_configuration(layout: Layout) -> None:
    layout.point_to(layout.add("manifest", {"layers": []}))
    with pytest.raises(ReleaseError, match="names no configuration"):
        layout.read()


def test_archives_of_other_tools_are_read(layout: Layout, tmp_path: Path) -> None:
    """Pack writes `/blobs/...`, tar `./blobs/...`."""
    layout.point_to(layout.image("packed"))
    files = {
        path.relative_to(layout.folder): path.read_bytes()
        for path in layout.folder.rglob("*")
        if path.is_file()
    }
    for prefix in ("", "/", "./"):
        path = tmp_path / "x.cnb"
        path.write_bytes(archive({f"{prefix}{name}": data for name, data in files.items()}))
        assert find_image(ArchiveLocator(path), "x", None, Registries()).config["name"] == "packed"
