"""The order of a push."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from oci_registry.errors import RejectedError
from oci_registry.testing.loopback import Response
from oci_registry.testing.memory import MemoryRegistry
from oci_registry.testing.samples import image, index
from support.registries import client

if TYPE_CHECKING:
    from oci_registry.store import Content
    from oci_registry.testing.loopback import Received


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
    put = [f"/v2/a/manifests/{target}" for target in expected]
    images = len(content.manifests) - 1
    assert sorted(manifests[:images]) == sorted(put[:images])
    assert manifests[images:] == put[images:]


def test_blobs_that_were_collected_as_garbage_are_pushed_again() -> None:
    """Although the manifest that names them is still there."""
    content = both()
    with MemoryRegistry(enforce_references=False) as registry, client(registry.host) as remote:
        for manifest in content.manifests:
            remote.repository("a").manifests.put(manifest)
        pushed = remote.repository("a").push(content, ["1"])
        assert pushed.new_manifests == ()
        assert registry.store.incomplete_tags() == []


def test_what_is_known_to_be_absent_is_not_looked_for() -> None:
    """Nor are the manifests, which cannot be there without any of their blobs."""
    content = both()
    with MemoryRegistry() as registry, client(registry.host) as remote:
        remote.repository("a").push(content, absent={blob.digest for blob in content.blobs})
        assert not [one for one in registry.requests if one.method == "HEAD"]
        assert set(registry.store.state()["a"][1]) == {one.digest for one in content.manifests}


def test_where_some_blobs_are_there_manifests_may_be_as_well() -> None:
    content = both()
    with MemoryRegistry() as registry, client(registry.host) as remote:
        remote.repository("a").push(content)
        registry.requests.clear()
        pushed = remote.repository("a").push(content, absent={content.blobs[0].digest})
        assert pushed.new_manifests == ()
        looked = [one.target for one in registry.requests if one.method == "HEAD"]
    assert f"/v2/a/blobs/{content.blobs[0].digest}" not in looked
    assert f"/v2/a/manifests/{content.root.digest}" in looked


def test_only_tags_that_point_elsewhere_are_moved() -> None:
    content = both()
    with MemoryRegistry() as registry, client(registry.host) as remote:
        remote.repository("a").push(content, ["1"])
        assert remote.repository("a").push(content, ["1", "2"]).moved_tags == ("2",)


class Late(MemoryRegistry):
    """Knows blobs only some time after it has confirmed them, as when somebody else writes them as well."""

    def __init__(self, late: int, where: str = "/manifests/") -> None:
        super().__init__()
        self.late, self.where = late, where

    def answer(self, request: Received) -> Response:
        if request.method == "PUT" and self.where in request.path and self.late:
            self.late -= 1
            return Response.error(400, "MANIFEST_BLOB_UNKNOWN", "blob unknown to registry")
        return super().answer(request)


def test_a_registry_that_is_late_is_asked_again() -> None:
    """Some do not see at once what another publisher writes at the same moment."""
    waits: list[float] = []
    with Late(2) as registry, client(registry.host, waits=waits) as remote:
        remote.repository("a").push(both(), ["1"])
        assert registry.store.incomplete_tags() == []
    assert len(waits) == 2


def test_a_tag_is_tried_again_as_well() -> None:
    with Late(2, "/manifests/1") as registry, client(registry.host) as remote:
        remote.repository("a").push(both(), ["1"])
        assert registry.late == 0
        assert registry.store.incomplete_tags() == []


def test_a_part_that_stays_unknown_is_an_error() -> None:
    """After a few tries."""
    with Late(100) as registry, client(registry.host) as remote:
        with pytest.raises(RejectedError, match="400"):
            remote.repository("a").push(both(), ["1"])
        assert 94 <= registry.late <= 97, "three tries for each of both platforms"
