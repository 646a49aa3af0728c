"""When content is equal, and what is said when it is not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from buildpack_release.publish.difference import differences
from oci_registry.content import INDEX, MANIFEST, Manifest, sha256
from oci_registry.reading import ImageTree, ReadImage
from support.publishing import releases

if TYPE_CHECKING:
    from pathlib import Path


def tree(*configs: dict[str, Any], note: str = "") -> ImageTree:
    """An index of images whose manifests are all different, as after another compression."""
    images = []
    for number, config in enumerate(configs):
        manifest = Manifest.from_json({"mediaType": MANIFEST, "note": f"{note}{number}"})
        images.append(ReadImage(manifest, config))
    root = {"mediaType": INDEX, "manifests": [one.manifest.descriptor().to_json() for one in images]}
    return ImageTree(Manifest.from_json(root), tuple(images))


def config(arch: str = "amd64", *layers: str, **members: object) -> dict[str, Any]:
    names = layers or ("a", "b")
    return {
        "os": "linux",
        "architecture": arch,
        "config": {"Labels": {"x": "1"}},
        "history": [{"created_by": name[0]} for name in names],
        "rootfs": {"type": "layers", "diff_ids": [sha256(name.encode()) for name in names]},
        **members,
    }


def test_another_compression_is_no_difference() -> None:
    """Manifests and their digests differ; the configurations name the same archives."""
    first, second = tree(config(), config("arm64"), note="x"), tree(config(), config("arm64"), note="y")
    assert first.digest != second.digest
    assert differences(first, second) == ()


def test_another_layer_is_named_with_both_digests_once_for_all_platforms() -> None:
    published, ours = (
        tree(config(), config("arm64")),
        tree(config("amd64", "a", "bB"), config("arm64", "a", "bB")),
    )
    (text,) = differences(published, ours)
    assert text == f"linux/amd64, linux/arm64: layer b: published {sha256(b'b')}, here {sha256(b'bB')}"


def test_platforms_labels_order_and_all_else() -> None:
    assert differences(tree(config()), tree(config("arm64"))) == (
        "linux/amd64: only published",
        "linux/arm64: only here",
    )
    labels = config() | {"config": {"Labels": {"x": "2"}}}
    assert differences(tree(config()), tree(labels)) == ("linux/amd64: label x differs",)
    order = config("amd64", "b", "a")
    assert differences(tree(config()), tree(order))[0] == "linux/amd64: the layers have another order"
    assert differences(tree(config()), tree(config(created="x"))) == (
        'linux/amd64: "created" of the configuration differs',
    )
    entrypoint = config() | {"config": {"Labels": {"x": "1"}, "Entrypoint": ["x"]}}
    assert differences(tree(config()), tree(entrypoint)) == ("linux/amd64: the configuration differs",)


def test_what_cannot_be_read_is_not_equal_to_anything() -> None:
    """Not even to itself; and nothing in it makes the comparison fail."""
    odd: list[dict[str, Any]] = [
        {},
        {"rootfs": []},
        {"rootfs": {"diff_ids": 3}, "config": 7, "history": "x"},
        {"config": {"Labels": None}, "history": [1, {}]},
    ]
    for one in odd:
        assert differences(tree(one), tree(config()))
    assert differences(tree({}), tree({}))


def test_a_package_is_equal_to_itself(packed: Path) -> None:
    """And the composite is not its component."""
    one, _, everything = releases(packed)
    assert differences(one.tree, one.tree) == ()
    assert differences(one.tree, everything.tree)
    assert json.loads(one.tree.images[0].labels["io.buildpacks.buildpackage.metadata"])["id"] == "acme/one"
