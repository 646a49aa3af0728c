"""The order of a push."""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildpack_testing.registry.memory import MemoryRegistry
from buildpack_testing.registry.samples import image, index
from support.registries import client

if TYPE_CHECKING:
    from buildpack_release.registry.push import Content


def both() -> Content:
    return index([(arch, image(b"common", arch.encode(), architecture=arch)) for arch in ("amd64", "arm64")])


def test_blobs_then_manifests_then_the_index_then_the_tags() -> None:
    content = both()
    with MemoryRegistry() as registry, client(registry.host) as remote:
        remote.repository("a").push(content, ["1.2.3", "latest"])
        writes = [request.target for request in registry.requests if request.method == "PUT"]
    blobs, manifests = writes[: len(content.blobs)], writes[len(content.blobs) :]
    assert all("/blobs/uploads/" in target for target in blobs)
    expected = [*(manifest.digest for manifest in content.manifests), "1.2.3", "latest"]
    assert manifests == [f"/v2/a/manifests/{target}" for target in expected]


def test_blobs_that_were_collected_as_garbage_are_pushed_again() -> None:
    """Although the manifest that names them is still there."""
    content = both()
    with MemoryRegistry(enforce_references=False) as registry, client(registry.host) as remote:
        for manifest in content.manifests:
            remote.repository("a").manifests.put(manifest)
        pushed = remote.repository("a").push(content, ["1"])
        assert pushed.new_manifests == ()
        assert registry.store.incomplete_tags() == []


def test_only_tags_that_point_elsewhere_are_moved() -> None:
    content = both()
    with MemoryRegistry() as registry, client(registry.host) as remote:
        remote.repository("a").push(content, ["1"])
        assert remote.repository("a").push(content, ["1", "2"]).moved_tags == ("2",)
