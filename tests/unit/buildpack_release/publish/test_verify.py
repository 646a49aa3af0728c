"""Reading back: every fault that a registry or a person could have put there is found and named."""

from __future__ import annotations

import gzip
import json
import shutil
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest

from buildpack_release.publish import verify as verify_module
from buildpack_release.publish.verify import unreadable_blobs
from oci_registry.blob_source import BlobSource
from oci_registry.content import INDEX, LAYER, MANIFEST, Manifest
from oci_registry.layout import LayoutStore
from oci_registry.reading import ImageTree, ReadImage
from oci_registry.store import Content
from support.publishing import agreed, another, publication, releases
from support.registries import client

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from buildpack_release.publish.publication import Verified
    from oci_registry.testing.memory import MemoryRegistry

LAYERS = "io.buildpacks.buildpack.layers"
METADATA = "io.buildpacks.buildpackage.metadata"


def verify(root: Path, host: str, *ids: str) -> tuple[Verified, ...]:
    return publication(root, host, *ids).verify()


def problems(root: Path, host: str, *ids: str) -> str:
    return "\n".join(text for one in verify(root, host, *ids) for text in one.problems)


def test_what_was_published_is_right(packed: Path, registry: MemoryRegistry) -> None:
    publication(packed, registry.host).publish(agreed)
    verified = verify(packed, registry.host)
    assert [one.problems for one in verified] == [()] * 3
    assert [one.blobs for one in verified] == [2, 2, 4]
    assert verified[2].platforms == ("linux/amd64",)
    assert verified[2].digest == releases(packed)[2].digest


def test_dist_is_not_needed(root: Path, registry: MemoryRegistry) -> None:
    """Anybody with the sources can look."""
    publication(root, registry.host).publish(agreed)
    shutil.rmtree(root / "dist")
    assert problems(root, registry.host) == ""


def test_nothing_is_published(packed: Path, registry: MemoryRegistry) -> None:
    assert [one.problems for one in verify(packed, registry.host)] == [("it is not published",)] * 3


def test_a_tag_that_does_not_follow(packed: Path, tmp_path: Path, registry: MemoryRegistry) -> None:
    publication(packed, registry.host).publish(agreed)
    registry.store.delete_manifest("acme/one", "1.0")
    assert problems(packed, registry.host) == "the tag 1.0 points to nothing, not to it"
    newer = another(packed, tmp_path / "newer", version="1.1.0")
    publication(newer, registry.host).publish(agreed)
    assert "points to" not in problems(packed, registry.host, "acme/two")


@pytest.mark.parametrize("number", range(4))
def test_a_blob_that_is_missing_or_changed(packed: Path, registry: MemoryRegistry, number: int) -> None:
    """Each of the composite's: what is gone, and what has other bytes of the same length."""
    publication(packed, registry.host).publish(agreed)
    digest = releases(packed)[2].content.blobs[number].digest
    content = registry.store._contents[digest]
    registry.store._contents[digest] = content[:-1] + bytes([content[-1] ^ 1])
    found = problems(packed, registry.host, "acme/all")
    assert digest in found
    registry.store._repositories["acme/all"].blobs.discard(digest)
    found = problems(packed, registry.host, "acme/all")
    assert digest in found
    assert found.count("is missing") <= 1


def test_a_manifest_that_is_missing(packed: Path, registry: MemoryRegistry) -> None:
    publication(packed, registry.host).publish(agreed)
    digest = releases(packed)[0].tree.manifests[0].digest
    registry.store.delete_manifest("acme/one", digest)
    assert digest in problems(packed, registry.host, "acme/one")


def republish(
    root: Path,
    host: str,
    change: Callable[[dict[str, Any]], None],
    *,
    layer: bytes | None = None,
    platform: dict[str, str] | None = None,
) -> None:
    """Put one component with a changed configuration, layer or index under its tags, by hand."""
    release = releases(root, "acme/one")[0]
    image = release.tree.images[0]
    config: dict[str, Any] = json.loads(json.dumps(image.config))
    change(config)
    config_blob = BlobSource.from_bytes(json.dumps(config, sort_keys=True).encode())
    document = json.loads(image.manifest.content)
    document["config"] |= {"digest": config_blob.digest, "size": config_blob.size}
    blobs = [*release.content.blobs, config_blob]
    if layer is not None:
        blobs.append(BlobSource.from_bytes(layer))
        document["layers"][0] |= {"digest": blobs[-1].digest, "size": blobs[-1].size}
    child = Manifest.from_json(document)
    entry = child.descriptor(platform=platform or {"os": "linux", "architecture": "amd64"})
    root_manifest = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry.to_json()]}
    content = Content(tuple(blobs), (child, Manifest.from_json(root_manifest)))
    with client(host) as remote:
        remote.repository("acme/one").push(content, ["1.0.0", "1.0", "1", "latest"])


def label(config: dict[str, Any], name: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(config["config"]["Labels"][name])
    return value


def set_label(name: str, *path: str, value: object) -> Callable[[dict[str, Any]], None]:
    def change(config: dict[str, Any]) -> None:
        document = label(config, name)
        table = document
        for key in path[:-1]:
            table = table[key]
        table[path[-1]] = value
        config["config"]["Labels"][name] = json.dumps(document)

    return change


def test_unchanged_by_hand_it_is_still_right(packed: Path, registry: MemoryRegistry) -> None:
    """So that the faults below are found for what they are; only that nothing is said about it."""
    republish(packed, registry.host, lambda _: None)
    assert problems(packed, registry.host, "acme/one") == "its provenance is missing\nits SBOM is missing"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (set_label(METADATA, "id", value="acme/two"), f"the label {METADATA} is of acme/two@1.0.0"),
        (set_label(METADATA, "version", value="2.0.0"), f"the label {METADATA} is of acme/one@2.0.0"),
        (set_label(LAYERS, "acme/one", value={}), "does not know acme/one@1.0.0"),
        (set_label(LAYERS, "acme/one", "1.0.0", "api", value=""), "has no api"),
        (set_label(LAYERS, "acme/one", "1.0.0", "layerDiffID", value="x"), "a layer that is not there"),
        (
            set_label(
                LAYERS, "acme/one", "1.0.0", "order",
                value=[{"group": [{"id": "acme/three", "version": "1.0.0"}]}],
            ),
            "contains acme/three@1.0.0, which is not there",
        ),
        (lambda config: config["config"]["Labels"].pop(LAYERS), f"the label {LAYERS} is missing"),
        (lambda config: config.pop("config"), f"the label {METADATA} is missing"),
        (lambda config: config["config"]["Labels"].update({METADATA: "{"}), "no JSON object"),
        (lambda config: config.update(architecture="arm64"), "there is no image for linux/amd64"),
        (lambda config: config["rootfs"]["diff_ids"].append("sha256:2"), "its configuration tells of 2"),
        (lambda config: config.clear(), "no configuration that can be read"),
    ],
)  # fmt: skip
def test_what_pack_would_stumble_over(
    packed: Path, registry: MemoryRegistry, change: Callable[[dict[str, Any]], None], problem: str
) -> None:
    republish(packed, registry.host, change)
    assert problem in problems(packed, registry.host, "acme/one")


def test_a_layer_with_another_archive_in_it(packed: Path, registry: MemoryRegistry) -> None:
    """Its own digest is right, but not what the configuration says is in it."""
    republish(packed, registry.host, lambda _: None, layer=gzip.compress(b"something else"))
    assert "the configuration says sha256:" in problems(packed, registry.host, "acme/one")


def test_a_layer_that_is_not_compressed(packed: Path, registry: MemoryRegistry) -> None:
    republish(packed, registry.host, lambda _: None, layer=b"no gzip at all")
    assert "is not compressed as it says" in problems(packed, registry.host, "acme/one")


def test_an_index_that_lists_another_platform(packed: Path, registry: MemoryRegistry) -> None:
    republish(packed, registry.host, lambda _: None, platform={"os": "linux", "architecture": "arm64"})
    assert "the image for linux/amd64 as one for linux/arm64" in problems(packed, registry.host, "acme/one")


def test_an_image_without_an_index(packed: Path, registry: MemoryRegistry) -> None:
    """Of all platforms but one nothing can be pulled."""
    release = releases(packed, "acme/one")[0]
    with client(registry.host) as remote:
        content = Content(release.content.blobs, release.content.manifests[:1])
        remote.repository("acme/one").push(content, ["1.0.0"])
    assert "a single image, not an index" in problems(packed, registry.host, "acme/one")


def test_a_layer_that_unpacks_without_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It is hashed block by block, up to a limit: all at once it would be memory for a thousand blobs."""
    monkeypatch.setattr(verify_module, "_LARGEST_LAYER", 64 << 20)
    layer = BlobSource.from_bytes(gzip.compress(bytes(100 << 20)))
    manifest = Manifest.from_json(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "layers": [layer.descriptor(LAYER).to_json()],
        }
    )
    store = LayoutStore(tmp_path / "layout")
    store.push(Content((layer,), (manifest,)), mounts={}, progress=lambda *_: None)
    tree = ImageTree(manifest, (ReadImage(manifest, {"rootfs": {"diff_ids": ["sha256:" + "0" * 64]}}),))
    tracemalloc.start()
    (problem,) = unreadable_blobs(tree, store, lambda *_: None)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "unpacks to more than" in problem
    assert peak < 16 << 20
