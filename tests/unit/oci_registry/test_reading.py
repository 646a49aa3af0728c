"""Images are read in the same way from directories, archives and registries."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from oci_registry.content import INDEX, MANIFEST, Descriptor, Manifest, sha256
from oci_registry.errors import CheckFailed
from oci_registry.image import Platform, make_image, make_index, plain_config
from oci_registry.layer import write_layer
from oci_registry.layout import LayoutArchive, LayoutStore, write_archive, write_layout
from oci_registry.reading import read_tree
from oci_registry.tar import TarEntry
from oci_registry.testing.memory import MemoryRegistry
from support.registries import client

if TYPE_CHECKING:
    from pathlib import Path

    from oci_registry.image import ImageIndex
    from oci_registry.store import Source

PLATFORMS = (Platform("linux", "amd64"), Platform("linux", "arm64", "v8"))


@pytest.fixture
def index(tmp_path: Path) -> ImageIndex:
    layer = write_layer([TarEntry.content("a", b"a")], tmp_path / "layer", title="one layer")
    images = [
        make_image(one, [layer], config=plain_config(one, [layer], {"k": "v"}), annotations={})
        for one in PLATFORMS
    ]
    return make_index(images, annotations={})


def check(store: Source, root: Manifest, index: ImageIndex, platforms: list[str]) -> None:
    """Hold what is read against what was written."""
    tree = read_tree(store, root)
    assert [image.platform for image in tree.images] == platforms
    (layer,) = index.images[0].layers
    for image in tree.images:
        assert image.diff_ids == (layer.diff_id,)
        assert image.layer_names == ("one layer",)
        assert image.labels == {"k": "v"}
    (blob,) = tree.images[0].manifest.layers
    assert b"".join(store.pieces(blob)) == b"".join(layer.source.pieces())


def test_an_index_in_a_directory(tmp_path: Path, index: ImageIndex) -> None:
    write_layout(tmp_path / "layout", index, ref="1")
    store = LayoutStore(tmp_path / "layout")
    root = store.manifest("1")
    assert root == index.manifest
    check(store, root, index, ["linux/amd64", "linux/arm64/v8"])


def test_an_image_in_an_archive(tmp_path: Path, index: ImageIndex) -> None:
    write_archive(tmp_path / "x.cnb", index.images[1], ref="1")
    archive = LayoutArchive.read(tmp_path / "x.cnb")
    check(archive, archive.index(), index, ["linux/arm64/v8"])
    missing = index.images[0].config.descriptor()
    with pytest.raises(CheckFailed, match=r"x\.cnb: the blob .* is missing"):
        b"".join(archive.pieces(missing))


def test_an_index_in_a_registry(index: ImageIndex) -> None:
    with MemoryRegistry() as registry, client(registry.host) as running:
        store = running.repository("acme/one")
        store.push(index.content, mounts={}, progress=lambda *_: None)
        store.tag(index.manifest, "1")
        root = store.manifest("1")
        assert root == index.manifest
        check(store, root, index, ["linux/amd64", "linux/arm64/v8"])


def test_a_part_that_is_gone_is_named(tmp_path: Path, index: ImageIndex) -> None:
    """With what refers to it."""
    write_layout(tmp_path / "layout", index, ref="1")
    store = LayoutStore(tmp_path / "layout")
    store.file(index.images[0].manifest.descriptor()).unlink()
    with pytest.raises(CheckFailed, match=f"is missing: oci:.*@{index.images[0].digest}"):
        read_tree(store, index.manifest)


def test_of_two_faults_the_first_of_the_index_is_told_each_time(tmp_path: Path, index: ImageIndex) -> None:
    """Whichever is found first, by whichever thread."""
    write_layout(tmp_path / "layout", index, ref="1")

    class Slow(LayoutStore):
        def manifest(self, target: str, media_type: str = "") -> Manifest | None:
            if target == index.images[0].manifest.digest:
                second.wait(5)
            found = super().manifest(target, media_type)
            if target == index.images[1].manifest.digest:
                second.set()
            return found

    second = threading.Event()
    store = Slow(tmp_path / "layout")
    for image in index.images:
        store.file(image.manifest.descriptor()).unlink()
    with pytest.raises(CheckFailed, match=f"@{index.images[0].digest}"):
        read_tree(store, index.manifest)


def test_an_index_of_thousands_is_not_read_into_memory() -> None:
    """Each manifest may have megabytes."""
    entries = [Descriptor(MANIFEST, sha256(str(number).encode()), 2).to_json() for number in range(501)]
    root = Manifest.from_json({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries})
    with MemoryRegistry() as registry, client(registry.host) as remote:
        with pytest.raises(CheckFailed, match="lists more than 500 manifests"):
            read_tree(remote.repository("a"), root)
        assert not [one for one in registry.requests if "/manifests/" in one.target]
