"""What is said, to people and to programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from buildpack_release.publish.publication import summary
from buildpack_release.publish.publish_report import (
    next_command,
    plan_data,
    plan_text,
    result_data,
    result_table,
    verified_data,
    verified_table,
)
from support.publishing import agreed, another, publication, releases

if TYPE_CHECKING:
    from pathlib import Path

    from oci_registry.testing.memory import MemoryRegistry


def test_a_first_plan(packed: Path, registry: MemoryRegistry) -> None:
    """References, digests, platforms, what is sent and mounted, tags, a sum."""
    plan = publication(packed, registry.host).plan()
    text = plan_text(plan)
    for release in releases(packed):
        assert f"push      {registry.host}/acme/{release.name}:1.0.0\n" in text
        assert f"{release.digest} for linux/amd64" in text
    assert "2 blobs to mount from acme/one, acme/two (" in text
    assert "tags: 1.0 (new), 1 (new), latest (new)" in text
    assert "3 to push (" in text.splitlines()[-1]
    data = json.loads(json.dumps(plan_data(plan)))
    assert [one["action"] for one in data["packages"]] == ["push"] * 3
    assert {one["transfer"] for one in data["packages"][2]["blobs"]} == {"mount", "send"}
    assert data["packages"][0]["tags"][0] == {"tag": "1.0", "state": "new", "from": "", "newer": ""}


def test_done_and_conflict(packed: Path, tmp_path: Path, registry: MemoryRegistry) -> None:
    results = publication(packed, registry.host).publish(agreed)
    table = result_table(results)
    assert table.count("published") == 3
    assert all(release.digest in table for release in releases(packed))
    assert json.loads(json.dumps(result_data(results)))[0]["moved"] == ["1.0", "1", "latest"]
    plan = publication(packed, registry.host).plan()
    assert plan_text(plan).endswith("Nothing to do: all 3 are published.\n")
    assert plan_data(plan)["done"]
    changed = publication(another(packed, tmp_path / "changed", readme="x\n"), registry.host).plan()
    text = plan_text(changed)
    assert (
        f"conflict  {registry.host}/acme/two:1.0.0\n          published: {releases(packed)[1].digest}" in text
    )
    assert "2 in conflict: nothing will be written." in text
    assert plan_data(changed)["packages"][1]["differences"]


def test_tags_that_move_and_stay(packed: Path, tmp_path: Path, registry: MemoryRegistry) -> None:
    publication(packed, registry.host).publish(agreed)
    newer = another(packed, tmp_path / "newer", version="1.1.0")
    assert "1.1 (new), 1 (moves from sha256:" in plan_text(publication(newer, registry.host).plan())
    publication(newer, registry.host).publish(agreed)
    text = plan_text(publication(packed, registry.host).plan())
    assert "1.0 (done), 1 (stays: 1.1.0 is newer), latest (stays: 1.1.0 is newer)" in text


def test_what_was_verified(packed: Path, registry: MemoryRegistry) -> None:
    publication(packed, registry.host, "acme/one").publish(agreed)
    verified = publication(packed, registry.host).verify()
    table = verified_table(verified)
    assert table.splitlines()[1].split()[-2] == "good"
    assert f"{registry.host}/acme/two:1.0.0: it is not published\n" in table
    assert [bool(one["problems"]) for one in json.loads(json.dumps(verified_data(verified)))] == [
        False,
        True,
        True,
    ]
    assert summary(verified).startswith("3 packages, 2 blobs, ")
    assert summary(verified).endswith("; 2 with problems")


def test_the_next_command(packed: Path, registry: MemoryRegistry) -> None:
    results = publication(packed, registry.host).publish(agreed)
    assert next_command(f"{registry.host}/acme", results) == f"inv publish.verify --to {registry.host}/acme"
    command = next_command("oci:x", results)
    assert command.startswith("oras cp -r --from-oci-layout ")
    assert command.endswith(" REGISTRY/NAMESPACE/all:1.0.0,1.0,1,latest")
