"""Plans are derived from what is published, and write nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from buildpack_release.errors import CheckFailed, ConflictError, ExitCode, exit_code_of
from buildpack_release.publish.publication import refuse_conflicts
from buildpack_release.publish.publish_plan import Action, Plan, Transfer
from oci_registry.errors import UnavailableError
from oci_registry.remote.retry import RetryPolicy
from oci_registry.testing.faulty import FaultyRegistry, InjectedFault
from oci_registry.testing.samples import image
from support.publishing import NAMES, agreed, annotated, another, publication, releases, written
from support.registries import client

if TYPE_CHECKING:
    from pathlib import Path

    from oci_registry.testing.memory import MemoryRegistry


def actions(plan: Plan) -> dict[str, str]:
    return {step.release.name: step.action.value for step in plan.steps}


def transfers(plan: Plan, name: str) -> list[Transfer]:
    (step,) = (step for step in plan.steps if step.release.name == name)
    return [one.transfer for one in step.blobs]


def test_at_first_everything_is_pushed(packed: Path, registry: MemoryRegistry) -> None:
    """The composite's layers of components are mounted; its own layer and configuration are sent."""
    plan = publication(packed, registry.host).plan()
    assert actions(plan) == dict.fromkeys(NAMES, "push")
    assert set(transfers(plan, "one")) == {Transfer.SEND}
    assert sorted(one.name for one in transfers(plan, "all")) == ["MOUNT", "MOUNT", "SEND", "SEND"]
    assert {one.origin for one in plan.steps[2].blobs_by(Transfer.MOUNT)} == {"acme/one", "acme/two"}
    assert not plan.is_done
    assert written(registry.requests) == []
    assert registry.store.state() == {}


def test_what_others_mount_from_comes_before_them(packed: Path, registry: MemoryRegistry) -> None:
    """And what does not depend on each other comes together."""
    plan = publication(packed, registry.host).plan()
    assert [[step.release.name for step in wave] for wave in plan.waves] == [["one", "two"], ["all"]]


def test_what_mounts_nothing_waits_for_nothing(packed: Path, registry: MemoryRegistry) -> None:
    publication(packed, registry.host).publish(agreed)
    plan = publication(packed, registry.host).plan()
    assert [len(wave) for wave in plan.waves] == [len(NAMES)]


def test_afterwards_everything_is_done(packed: Path, registry: MemoryRegistry) -> None:
    publication(packed, registry.host).publish(agreed)
    registry.requests.clear()
    plan = publication(packed, registry.host).plan()
    assert actions(plan) == dict.fromkeys(NAMES, "done")
    assert plan.is_done
    assert written(registry.requests) == []


def test_blobs_that_are_there_are_not_sent(packed: Path, registry: MemoryRegistry) -> None:
    """Those of an interrupted run, or of an earlier version."""
    release = releases(packed)[0]
    publication(packed, registry.host, "acme/one").publish(agreed)
    registry.store.delete_manifest("acme/one", release.digest)
    plan = publication(packed, registry.host, "acme/one").plan()
    assert actions(plan) == {"one": "push"}
    assert set(transfers(plan, "one")) == {Transfer.PRESENT}


def test_components_can_be_mounted_from_a_composite(packed: Path, registry: MemoryRegistry) -> None:
    """When somebody has published that one alone."""
    publication(packed, registry.host).publish(agreed)
    release = releases(packed)[0]
    known = registry.store._repositories["acme/one"]
    known.manifests.clear()
    known.tags.clear()
    known.blobs.clear()
    plan = publication(packed, registry.host).plan()
    layer = release.tree.images[0].manifest.layers[0].digest
    assert [(one.blob.digest, one.origin) for one in plan.steps[0].blobs_by(Transfer.MOUNT)] == [
        (layer, "acme/all")
    ]


def test_equal_content_under_another_digest_is_done(packed: Path, registry: MemoryRegistry) -> None:
    """Of another compressor; the moving tags then follow what is published."""
    publication(packed, registry.host).publish(agreed)
    release = releases(packed)[0]
    other = annotated(release.tree.root, packer="another")
    with client(registry.host) as remote:
        remote.repository("acme/one").manifests.put(other, "1.0.0")
    plan = publication(packed, registry.host).plan()
    assert actions(plan)["one"] == "done"
    assert plan.steps[0].root == other
    assert [tag.name for tag in plan.steps[0].due_tags] == ["1.0", "1", "latest"]


def test_other_content_is_a_conflict_with_both_digests(
    packed: Path, tmp_path: Path, registry: MemoryRegistry
) -> None:
    """The component's, and with it the composite's; the other component is done."""
    publication(packed, registry.host).publish(agreed)
    changed = another(packed, tmp_path / "changed", readme="other\n")
    plan = publication(changed, registry.host).plan()
    assert actions(plan) == {"one": "done", "two": "conflict", "all": "conflict"}
    with pytest.raises(ConflictError) as caught:
        refuse_conflicts(plan)
    assert exit_code_of(caught.value) is ExitCode.CONFLICT
    for published, here in zip(releases(packed)[1:], releases(changed)[1:], strict=True):
        assert published.digest in str(caught.value)
        assert here.digest in str(caught.value)
    assert any("layer acme/two@1.0.0: published sha256:" in text for text in plan.steps[1].differences)


def test_something_else_under_the_version_is_a_conflict(packed: Path, registry: MemoryRegistry) -> None:
    """An image that somebody built by hand, which is no buildpackage at all."""
    with client(registry.host) as remote:
        remote.repository("acme/one").push(image(b"x"), ["1.0.0"])
    plan = publication(packed, registry.host, "acme/one").plan()
    assert plan.steps[0].action is Action.CONFLICT


def test_a_version_that_has_lost_a_part_is_pushed_again(packed: Path, registry: MemoryRegistry) -> None:
    """If it is looked for: that the tag has the digest of the index proves what belongs to it."""
    publication(packed, registry.host).publish(agreed)
    state = registry.store.state()
    release = releases(packed)[0]
    registry.store._repositories["acme/one"].blobs.discard(release.content.blobs[0].digest)
    assert publication(packed, registry.host).plan().is_done
    deep = replace(publication(packed, registry.host), deep=True)
    assert actions(deep.plan()) == {"one": "push", "two": "done", "all": "done"}
    deep.publish(agreed)
    assert registry.store.state() == state


def test_a_foreign_index_with_missing_parts_is_no_plan(packed: Path, registry: MemoryRegistry) -> None:
    """Nobody can say whether its content is equal."""
    publication(packed, registry.host, "acme/one").publish(agreed)
    release = releases(packed)[0]
    with client(registry.host) as remote:
        remote.repository("acme/one").manifests.put(annotated(release.tree.root, x="y"), "1.0.0")
    registry.store.delete_manifest("acme/one", release.tree.manifests[0].digest)
    with pytest.raises(CheckFailed, match="missing"):
        publication(packed, registry.host, "acme/one").plan()


@pytest.mark.parametrize(
    "fault", [InjectedFault.ERROR_500, InjectedFault.TOO_MANY, InjectedFault.RESET_BEFORE]
)
def test_only_404_means_absent(packed: Path, registry: MemoryRegistry, fault: InjectedFault) -> None:
    """A registry that fails is no reason to publish over what it has."""
    with FaultyRegistry(registry, fault=fault, on=True) as faulty, pytest.raises(UnavailableError):
        publication(packed, faulty.host, policy=RetryPolicy(attempts=2)).plan()
