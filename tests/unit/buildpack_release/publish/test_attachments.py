"""The documents beside images: stored before the tag, once, and read back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from buildpack_release.publish.attachments import PROVENANCE, SBOM
from buildpack_release.publish.publication import Publication
from oci_registry.content import INDEX, MANIFEST, Manifest
from oci_registry.errors import UnavailableError
from oci_registry.referrers_tag import as_referrer, fallback_tag
from oci_registry.testing.memory import MemoryRegistry
from oci_registry.testing.samples import image
from support.publishing import (
    NAMES,
    agreed,
    annotated,
    another,
    publication,
    quiet,
    releases,
    unproven_tags,
    written,
)
from support.registries import client

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from oci_registry.testing.loopback import Received, Response


@pytest.fixture(params=[True, False], ids=["referrers", "older"])
def any_registry(request: pytest.FixtureRequest) -> Iterator[MemoryRegistry]:
    """With the referrers API, and as older registries are."""
    with MemoryRegistry(referrers=request.param) as registry:
        yield registry


def problems(root: Path, host: str, *ids: str) -> list[str]:
    return [text for one in publication(root, host, *ids).verify() for text in one.problems]


def test_what_is_stored_is_what_dist_has(packed: Path, any_registry: MemoryRegistry) -> None:
    """As artifacts that name what they are, with the image as their subject."""
    results = publication(packed, any_registry.host).publish(agreed)
    assert [result.attached for result in results] == [("provenance", "SBOM")] * 3
    with client(any_registry.host) as remote:
        for name, release in zip(NAMES, releases(packed), strict=True):
            repository = remote.repository(f"acme/{name}")
            found = {one.extra["artifactType"]: one for one in repository.referrers(release.digest)}
            for kind in (PROVENANCE, SBOM):
                manifest = repository.manifests.get(found[kind.media_type].digest)
                file = f"acme_{name}-1.0.0{kind.suffix}"
                assert manifest.media_type == MANIFEST
                assert manifest.subject == release.tree.root.descriptor()
                assert manifest.config is not None
                assert manifest.config.media_type == "application/vnd.oci.empty.v1+json"
                assert (
                    repository.blobs.read(manifest.layers[0].digest) == (packed / "dist" / file).read_bytes()
                )
                annotations: Any = found[kind.media_type].extra["annotations"]
                assert annotations["org.opencontainers.image.title"] == file
    assert problems(packed, any_registry.host) == []


def test_a_second_run_stores_nothing(packed: Path, any_registry: MemoryRegistry) -> None:
    publication(packed, any_registry.host).publish(agreed)
    any_registry.requests.clear()
    results = publication(packed, any_registry.host).publish(agreed)
    assert written(any_registry.requests) == []
    assert [result.attached for result in results] == [()] * 3
    without_api = [one for one in any_registry.requests if "/referrers/" in one.target and one.status != 200]
    assert len(any_registry.requests) == 5 * len(NAMES) + len(without_api)
    assert len(without_api) <= 1


def test_other_provenance_of_the_same_content_is_not_added(
    packed: Path, tmp_path: Path, any_registry: MemoryRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Made elsewhere, by somebody else: the one of the first publisher counts."""
    publication(packed, any_registry.host).publish(agreed)
    state = any_registry.store.state()
    monkeypatch.setenv("STRATA_BUILDER_ID", "urn:elsewhere")
    for file in (packed / "dist").glob("*.provenance.json"):
        assert "urn:elsewhere" not in file.read_text()
    other = another(packed, tmp_path / "other", without_dist=True)
    assert "urn:elsewhere" in (other / "dist/acme_one-1.0.0.provenance.json").read_text()
    assert publication(other, any_registry.host).plan().is_done
    publication(other, any_registry.host).publish(agreed)
    assert any_registry.store.state() == state


def test_documents_of_others_stay_and_do_not_count(packed: Path, any_registry: MemoryRegistry) -> None:
    """A scanner's SBOM is no reason to leave ours out, nor to drop it."""
    release = releases(packed)[0]
    foreign = image(b"scan", artifactType=SBOM.media_type, subject=release.tree.root.descriptor().to_json())
    with client(any_registry.host) as remote:
        repository = remote.repository("acme/one")
        repository.push(foreign)
        repository.attach(foreign.root)
        publication(packed, any_registry.host).publish(agreed)
        found = [one.digest for one in repository.referrers(release.digest)]
    assert foreign.root.digest in found
    assert len(found) == 3
    assert problems(packed, any_registry.host) == []


def test_a_missing_document_is_stored_again(packed: Path, registry: MemoryRegistry) -> None:
    """Registries clean up what has no tag; the plan says what will be done about it."""
    publication(packed, registry.host).publish(agreed)
    release = releases(packed)[0]
    (lost,) = [one for one in release.attachments if one.kind is SBOM]
    registry.store.delete_manifest("acme/one", lost.manifest.digest)
    assert problems(packed, registry.host) == ["its SBOM is missing"]
    plan = publication(packed, registry.host).plan()
    assert [len(step.attachments) for step in plan.steps] == [1, 0, 0]
    results = publication(packed, registry.host).publish(agreed)
    assert [result.attached for result in results] == [("SBOM",), (), ()]
    assert problems(packed, registry.host) == []


@pytest.mark.parametrize("referrers", [True, False])
def test_no_version_before_its_documents(packed: Path, referrers: bool) -> None:
    """When a version's tag is written, the documents of its image are there already."""
    seen: list[list[str]] = []

    class Watched(MemoryRegistry):
        def answer(self, request: Received) -> Response:
            response = super().answer(request)
            seen.append(unproven_tags(self.store))
            return response

    with Watched(referrers=referrers) as registry:
        publication(packed, registry.host).publish(agreed)
    assert len(seen) > 60
    assert not any(seen)


def test_a_registry_that_lists_nothing_gets_no_tag(packed: Path) -> None:
    """It takes documents and forgets them: then it is no place for releases."""

    class Forgetful(MemoryRegistry):
        def answer(self, request: Received) -> Response:
            response = super().answer(request)
            if "/referrers/" in request.path:
                body = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": []}).encode()
                return type(response)(200, {"Content-Type": INDEX}, body)
            return response

    with Forgetful() as registry:
        with pytest.raises(UnavailableError, match="does not list"):
            publication(packed, registry.host).publish(agreed)
        assert all(not tags for _, _, tags in registry.store.state().values())


def test_a_document_about_something_else_is_found(packed: Path, registry: MemoryRegistry) -> None:
    publication(packed, registry.host).publish(agreed)
    one, two, _ = releases(packed)
    right, wrong = one.attachments[0], two.attachments[0].blobs[1]
    document = json.loads(right.manifest.content)
    document["layers"][0] |= {"digest": wrong.digest, "size": wrong.size}
    registry.store.delete_manifest("acme/one", right.manifest.digest)
    with client(registry.host) as remote:
        repository = remote.repository("acme/one")
        repository.blobs.push(wrong)
        repository.attach(Manifest.from_json(document))
    (problem,) = problems(packed, registry.host, "acme/one")
    assert problem.startswith("its provenance sha256:")
    assert problem.endswith(" is about something else")


@pytest.mark.parametrize("fault", ["gone", "subject"])
def test_an_index_that_lists_what_is_not_right(packed: Path, fault: str) -> None:
    """On registries without the API anybody who may push can write anything into it."""
    with MemoryRegistry(referrers=False, enforce_references=False) as registry:
        publication(packed, registry.host).publish(agreed)
        one, two, _ = releases(packed)
        right = one.attachments[0].manifest
        other = Manifest.from_json(
            {**json.loads(right.content), "subject": two.tree.root.descriptor().to_json()}
        )
        entry = {**as_referrer(right).to_json(), "digest": other.digest, "size": len(other.content)}
        kept = as_referrer(one.attachments[1].manifest).to_json()
        index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry, kept]}
        with client(registry.host) as remote:
            manifests = remote.repository("acme/one").manifests
            if fault == "subject":
                manifests.put(other)
            manifests.put(Manifest.from_json(index), fallback_tag(one.digest))
        (problem,) = problems(packed, registry.host, "acme/one")
    assert problem.startswith(f"its provenance {other.digest} cannot be read: its manifest ")
    assert problem.endswith("refers to something else" if fault == "subject" else "has not one document")


def test_equal_content_with_other_bits_keeps_the_documents_it_has(
    packed: Path, registry: MemoryRegistry
) -> None:
    """Ours are about our bits; nothing is said about those of another compressor."""
    release = releases(packed, "acme/one")[0]
    root = annotated(release.tree.root, made="elsewhere")
    with client(registry.host) as remote:
        repository = remote.repository("acme/one")
        repository.push(release.content)
        repository.manifests.put(root)
        for tag in ("1.0.0", "1.0", "1", "latest"):
            repository.manifests.put(root, tag)
    registry.requests.clear()
    publication(packed, registry.host, "acme/one").publish(agreed)
    assert written(registry.requests) == []
    assert problems(packed, registry.host, "acme/one") == ["its provenance is missing", "its SBOM is missing"]


def test_layouts_have_them_under_the_fallback_tag(packed: Path, tmp_path: Path) -> None:
    """The only place for referrers that a layout has; written once."""
    layouts = Publication(
        publication(packed, "x:1").repository, tmp_path / "out", packed / "dist", line=quiet()
    )
    results = layouts.publish(agreed)
    assert [result.attached for result in results] == [("provenance", "SBOM")] * 3
    for result in results:
        tag = fallback_tag(result.root.digest)
        index = result.step.store.manifest(tag)
        assert index is not None
        assert [one.extra["artifactType"] for one in index.manifests] == [
            PROVENANCE.media_type,
            SBOM.media_type,
        ]
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")}
    layouts.publish(agreed)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")} == before
    assert [one.problems for one in layouts.verify()] == [()] * 3
