"""Carrying out a plan: order, what is left out, and others who publish at the same time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from buildpack_release.errors import CheckFailed, ConflictError
from oci_registry.store import TransferOutcome
from oci_registry.testing.memory import MemoryRegistry
from support.publishing import NAMES, agreed, annotated, another, publication, releases, written
from support.registries import client

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from buildpack_release.publish.publish_plan import Plan
    from oci_registry.testing.loopback import Received, Response

TAGS = ("1.0.0", "1.0", "1", "latest")


class Watched(MemoryRegistry):
    """A registry in memory that calls a function right before it handles a request."""

    before: Callable[[Received], None] = staticmethod(lambda _request: None)

    def answer(self, request: Received) -> Response:
        self.before(request)
        return super().answer(request)


def test_the_result_says_what_was_done(packed: Path, registry: MemoryRegistry) -> None:
    results = publication(packed, registry.host).publish(agreed)
    assert [result.is_new for result in results] == [True, True, True]
    assert [result.moved for result in results] == [("1.0", "1", "latest")] * 3
    assert results[0].address == f"{registry.host}/acme/one:1.0.0@{releases(packed)[0].digest}"
    assert sorted(one.value for one in results[2].pushed.blobs.values()) == [
        "mounted",
        "mounted",
        "uploaded",
        "uploaded",
    ]
    state = registry.store.state()
    assert {name: [tag for tag, _ in tags] for name, (_, _, tags) in state.items()} == {
        f"acme/{name}": sorted(TAGS) for name in NAMES
    }


def test_the_order_of_writing(packed: Path, registry: MemoryRegistry) -> None:
    """All content by digest, then the versions with the composite's last, then the moving tags."""
    publication(packed, registry.host).publish(agreed)
    puts = [
        request.removeprefix("PUT /v2/acme/")
        for request in written(registry.requests)
        if request.startswith("PUT") and "/manifests/" in request
    ]
    tagged = [put for put in puts if "sha256:" not in put]
    assert puts[-len(tagged) :] == tagged
    assert {*tagged[:2]} == {"one/manifests/1.0.0", "two/manifests/1.0.0"}
    assert tagged[2] == "all/manifests/1.0.0"
    for name in NAMES:
        moved = [put for put in tagged[3:] if put.startswith(f"{name}/")]
        assert {*moved} == {f"{name}/manifests/{tag}" for tag in ("1.0", "1", "latest")}


def test_nothing_is_asked_twice(packed: Path, registry: MemoryRegistry) -> None:
    """What the plan knows to be absent is not looked for again; what was just read back neither."""
    publication(packed, registry.host).publish(agreed)
    asked = [f"{one.method} {one.target}" for one in registry.requests]
    for digest in {blob.digest for release in releases(packed) for blob in release.tree.blobs}:
        for name in NAMES:
            assert asked.count(f"HEAD /v2/acme/{name}/blobs/{digest}") <= 1
    blobs = [one for one in asked if one.startswith("HEAD") and "/blobs/" in one]
    manifests = [one for one in asked if one.startswith("HEAD") and "/manifests/" in one]
    assert len(blobs) == len(NAMES), "the first one of each package: no earlier run has begun it"
    assert sorted(manifests) == sorted(2 * [f"HEAD /v2/acme/{name}/manifests/1.0.0" for name in NAMES])
    assert not [one for one in asked if one.startswith("GET") and "/blobs/" in one]


def test_how_often_the_registry_is_asked_if_everything_is_there(
    packed: Path, registry: MemoryRegistry
) -> None:
    """For each package its version, moving tags and documents: each once."""
    publication(packed, registry.host).publish(agreed)
    registry.requests.clear()
    publication(packed, registry.host).publish(agreed)
    versions = moving = documents = len(NAMES)
    assert len(registry.requests) == versions + 3 * moving + documents


def test_a_deep_look_asks_for_parts_as_well(packed: Path, registry: MemoryRegistry) -> None:
    """Each once."""
    publication(packed, registry.host).publish(agreed)
    registry.requests.clear()
    deep = replace(publication(packed, registry.host), deep=True)
    deep.publish(agreed)
    parts = sum(len(release.tree.manifests) - 1 + len(release.tree.blobs) for release in releases(packed))
    assert len(registry.requests) == parts + 5 * len(NAMES)


def test_the_second_time_nothing_is_written(packed: Path, registry: MemoryRegistry) -> None:
    publication(packed, registry.host).publish(agreed)
    registry.requests.clear()
    results = publication(packed, registry.host).publish(agreed)
    assert written(registry.requests) == []
    assert [(result.is_new, result.moved) for result in results] == [(False, ())] * 3


def test_a_newer_version_moves_the_tags_and_an_older_one_does_not(
    packed: Path, tmp_path: Path, registry: MemoryRegistry
) -> None:
    publication(packed, registry.host).publish(agreed)
    newer = another(packed, tmp_path / "newer", version="1.1.0")
    fix = another(packed, tmp_path / "fix", version="1.0.1")
    publication(newer, registry.host).publish(agreed)
    results = publication(fix, registry.host).publish(agreed)
    assert [result.moved for result in results] == [("1.0",)] * 3
    tags = dict(registry.store.state()["acme/all"][2])
    first, second, third = (releases(root)[2].digest for root in (packed, newer, fix))
    assert tags == {
        "1.0.0": first, "1.0.1": third, "1.0": third,
        "1.1.0": second, "1.1": second, "1": second, "latest": second,
    }  # fmt: skip
    results = publication(packed, registry.host).publish(agreed)
    assert [result.moved for result in results] == [()] * 3


def test_whoever_says_no_has_written_nothing(packed: Path, registry: MemoryRegistry) -> None:
    def refuse(plan: Plan) -> None:
        assert not plan.is_done
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        publication(packed, registry.host).publish(refuse)
    assert registry.store.state() == {}


def test_one_conflict_stops_everything_before_anything_is_written(
    packed: Path, tmp_path: Path, registry: MemoryRegistry
) -> None:
    """Even the component that comes first and is absent."""
    publication(packed, registry.host).publish(agreed)
    one = registry.store._repositories.pop("acme/one")
    assert one.tags
    changed = another(packed, tmp_path / "changed", readme="other\n")
    registry.requests.clear()
    with pytest.raises(ConflictError, match="nothing was written"):
        publication(changed, registry.host).publish(agreed)
    assert written(registry.requests) == []


def test_two_publishers_of_the_same_converge(packed: Path) -> None:
    """The other one publishes everything right before our first tag."""
    with Watched() as registry:
        done: list[bool] = []

        def publish_too(request: Received) -> None:
            if request.method == "PUT" and request.path.endswith("/manifests/1.0.0") and not done:
                done.append(True)
                publication(packed, registry.host).publish(agreed)

        registry.before = publish_too
        publication(packed, registry.host).publish(agreed)
        assert publication(packed, registry.host).plan().is_done
        assert registry.store.incomplete_tags() == []


def test_the_later_of_two_publishers_sees_the_conflict(packed: Path, tmp_path: Path) -> None:
    """The other one has tagged its content after our plan, before our tag: ours is not written over it."""
    changed = another(packed, tmp_path / "changed", readme="other\n")
    with Watched() as registry:
        done: list[bool] = []

        def publish_other(request: Received) -> None:
            if request.method == "PUT" and "/manifests/sha256" in request.path and not done:
                done.append(True)
                publication(changed, registry.host).publish(agreed)

        registry.before = publish_other
        with pytest.raises(ConflictError, match="meanwhile") as caught:
            publication(packed, registry.host).publish(agreed)
        assert releases(changed)[1].digest in caught.value.detail
        assert publication(changed, registry.host).plan().is_done


def test_a_tag_written_over_between_our_write_and_our_second_look_is_a_conflict(
    packed: Path, tmp_path: Path
) -> None:
    """Registries cannot write a tag only if it is absent; so we look again."""
    changed = another(packed, tmp_path / "changed", readme="other\n")
    with Watched() as registry:
        state = {"tagged": False, "over": False}

        def write_over(request: Received) -> None:
            if not request.path.endswith("/acme/two/manifests/1.0.0"):
                return
            if request.method == "HEAD" and state["tagged"] and not state["over"]:
                state["over"] = True
                release = releases(changed)[1]
                with client(registry.host) as remote:
                    remote.repository("acme/two").push(release.content, ["1.0.0"])
            state["tagged"] |= request.method == "PUT"

        registry.before = write_over
        with pytest.raises(ConflictError, match="written over") as caught:
            publication(packed, registry.host).publish(agreed)
        assert "acme/two:1.0.0" in caught.value.detail


def test_a_tag_written_over_until_the_end_is_found_by_the_final_look(packed: Path, tmp_path: Path) -> None:
    changed = another(packed, tmp_path / "changed", readme="other\n")
    with Watched() as registry:
        done: list[bool] = []

        def write_over(request: Received) -> None:
            if request.method == "PUT" and request.path.endswith("/all/manifests/latest") and not done:
                done.append(True)
                with client(registry.host) as remote:
                    remote.repository("acme/two").push(releases(changed)[1].content, ["1.0.0"])

        registry.before = write_over
        with pytest.raises(ConflictError, match="written over"):
            publication(packed, registry.host).publish(agreed)


def test_equal_content_of_somebody_else_is_taken(packed: Path) -> None:
    """Published meanwhile from a machine with another compressor: its digest is the one that counts."""
    release = releases(packed)[0]
    other = annotated(release.tree.root, packer="another")
    with Watched() as registry:
        done: list[bool] = []

        def publish_other(request: Received) -> None:
            if request.method == "GET" and request.path.endswith("/one/tags/list") and len(done) < 1:
                done.append(True)
                with client(registry.host) as remote:
                    remote.repository("acme/one").push(release.content)
                    remote.repository("acme/one").manifests.put(other, "1.0.0")

        registry.before = publish_other
        result = publication(packed, registry.host).publish(agreed)[0]
        assert (result.root, result.is_new) == (other, False)
        assert set(dict(registry.store.state()["acme/one"][2]).values()) == {other.digest}


def test_a_registry_that_loses_what_it_took_gets_no_tag(packed: Path) -> None:
    """The check before the tags, of a deep look, is not for show."""
    with Watched(enforce_references=False) as registry:
        digest = releases(packed)[1].content.blobs[0].digest

        def lose(request: Received) -> None:
            if request.method == "PUT" and "/acme/two/manifests/" in request.path:
                registry.store._repositories["acme/two"].blobs.discard(digest)

        registry.before = lose
        with pytest.raises(CheckFailed, match="does not read back") as caught:
            replace(publication(packed, registry.host), deep=True).publish(agreed)
        assert digest in caught.value.detail
        assert "is missing" in caught.value.detail
        assert all(tags == () for _, _, tags in registry.store.state().values())


def test_without_mounting_blobs_are_sent(packed: Path) -> None:
    with MemoryRegistry(mounts=False) as registry:
        results = publication(packed, registry.host).publish(agreed)
        assert set(results[2].pushed.blobs.values()) == {TransferOutcome.UPLOADED}
        assert publication(packed, registry.host).plan().is_done
