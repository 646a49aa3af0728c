"""Referrers, mostly where the registry has no API for them."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from oci_registry.content import INDEX, Manifest
from oci_registry.errors import RegistryConflictError, RegistryError
from oci_registry.parallel import in_parallel
from oci_registry.referrers_tag import fallback_tag
from oci_registry.store import Content
from oci_registry.testing.loopback import Received, Response
from oci_registry.testing.memory import MemoryRegistry
from oci_registry.testing.samples import image
from support.registries import client
from support.scripted_server import ScriptedServer

SUBJECT = image(b"subject")
KIND = "application/vnd.example.sbom"
SBOM = image(b"sbom", artifactType=KIND, subject=SUBJECT.root.descriptor().to_json(), annotations={"a": "b"})


def test_the_fallback_tag_is_the_digest_as_a_tag() -> None:
    assert fallback_tag("sha256:abc") == "sha256-abc"


@pytest.mark.parametrize("api", [True, False])
def test_what_is_found_says_what_it_is(api: bool) -> None:
    with MemoryRegistry(referrers=api) as registry, client(registry.host) as remote:
        repository = remote.repository("a")
        repository.push(SUBJECT)
        repository.push(SBOM)
        repository.attach(SBOM.root)
        (found,) = repository.referrers(SUBJECT.root.digest)
    assert (found.digest, found.size) == (SBOM.root.digest, len(SBOM.root.content))
    assert found.extra == {"artifactType": KIND, "annotations": {"a": "b"}}


def test_the_type_of_an_old_artifact_is_its_configurations() -> None:
    old = image(b"old", subject=SUBJECT.root.descriptor().to_json())
    with MemoryRegistry(referrers=False) as registry, client(registry.host) as remote:
        repository = remote.repository("a")
        repository.push(old)
        repository.attach(old.root)
        (found,) = repository.referrers(SUBJECT.root.digest)
    assert old.root.config is not None
    assert found.extra["artifactType"] == old.root.config.media_type


def test_two_that_write_at_once_both_end_up_in_the_index() -> None:
    """There is no compare-and-set: whoever was overwritten adds itself again."""
    other = image(b"other", artifactType=KIND, subject=SUBJECT.root.descriptor().to_json())
    tag = fallback_tag(SUBJECT.root.digest)
    index = {
        "schemaVersion": 2,
        "mediaType": INDEX,
        "manifests": [other.root.descriptor(artifactType=KIND).to_json()],
    }
    overwritten: list[Response] = []

    with MemoryRegistry(referrers=False, enforce_references=False) as registry:

        def overwrite_once(request: Received) -> Response:
            response = registry.answer(request)
            if request.method == "PUT" and request.target.endswith(tag) and not overwritten:
                content = Manifest.from_json(index).content
                overwritten.append(registry.answer(Received("PUT", request.target, request.headers, content)))
            return response

        with ScriptedServer(overwrite_once) as server, client(server.host) as remote:
            remote.repository("a").push(SBOM)
            remote.repository("a").attach(SBOM.root)
            found = remote.repository("a").referrers(SUBJECT.root.digest)
    assert overwritten[0].status == 201
    assert {one.digest for one in found} == {other.root.digest, SBOM.root.digest}


def test_an_index_that_is_not_accepted_yet_is_made_again_of_what_is_there_then() -> None:
    """Some registries do not see at once what another publisher writes at the same moment."""
    refused: list[str] = []
    with MemoryRegistry(referrers=False) as registry:

        def late(request: Received) -> Response:
            if request.method == "PUT" and "/manifests/sha256-" in request.target and len(refused) < 2:
                refused.append(request.target)
                return Response.error(400, "MANIFEST_BLOB_UNKNOWN", "blob unknown to registry")
            return registry.answer(request)

        with ScriptedServer(late) as server, client(server.host) as remote:
            remote.repository("a").push(SBOM)
            remote.repository("a").attach(SBOM.root)
            (found,) = remote.repository("a").referrers(SUBJECT.root.digest)
    assert found.digest == SBOM.root.digest
    assert len(refused) == 2


def test_one_that_is_always_overwritten_gives_up() -> None:
    with MemoryRegistry(referrers=False) as registry:

        def forget(request: Received) -> Response:
            if request.method == "PUT" and "/manifests/sha256-" in request.target:
                return Response(201)
            return registry.answer(request)

        with ScriptedServer(forget) as server, client(server.host) as remote:
            remote.repository("a").push(SBOM)
            with pytest.raises(RegistryConflictError, match="others keep writing"):
                remote.repository("a").attach(SBOM.root)


def test_several_are_written_into_the_index_at_once() -> None:
    """Each time it is written, another publisher could be overwritten."""
    other = image(b"other", artifactType=KIND, subject=SUBJECT.root.descriptor().to_json())
    tag = fallback_tag(SUBJECT.root.digest)
    with MemoryRegistry(referrers=False) as registry, client(registry.host) as remote:
        repository = remote.repository("a")
        for content in (SUBJECT, SBOM, other):
            repository.push(content)
        repository.attach(SBOM.root, other.root)
        found = repository.referrers(SUBJECT.root.digest)
        writes = [one for one in registry.requests if one.method == "PUT" and one.target.endswith(tag)]
    assert [one.digest for one in found] == [SBOM.root.digest, other.root.digest]
    assert len(writes) == 1


@pytest.mark.parametrize("api", [True, False])
def test_whether_a_registry_knows_referrers_is_found_out_once(api: bool) -> None:
    """By the first of all that ask at the same moment."""
    with MemoryRegistry(referrers=api) as registry, client(registry.host) as remote:
        remote.repository("a").push(SUBJECT)
        found = in_parallel(remote.repository("a").referrers, [SUBJECT.root.digest] * 6)
        asked = [one for one in registry.requests if "/referrers/" in one.target]
    assert found == [()] * 6
    assert len(asked) == (6 if api else 1)


def test_those_of_several_subjects_are_not_attached_together() -> None:
    other = image(b"other", subject=SBOM.root.descriptor().to_json())
    with client("127.0.0.1:1") as remote, pytest.raises(ValueError, match="all the same one"):
        remote.repository("a").attach(SBOM.root, other.root)


def test_what_has_no_subject_is_no_referrer() -> None:
    with client("127.0.0.1:1") as remote, pytest.raises(ValueError, match="subject"):
        remote.repository("a").attach(SUBJECT.root)


def test_a_list_without_end_is_given_up() -> None:
    """Each page names another one."""
    numbers = itertools.count()

    def page(request: Received) -> Response:
        entries = Response.of_json(
            {"schemaVersion": 2, "mediaType": INDEX, "manifests": []}, media_type=INDEX
        )
        link = f'<{request.path}?page={next(numbers)}>; rel="next"'
        return replace(entries, headers={**entries.headers, "Link": link})

    with (
        ScriptedServer(page) as server,
        client(server.host) as remote,
        pytest.raises(RegistryError, match="does not end"),
    ):
        remote.repository("a").referrers("sha256:" + "a" * 64)
    assert len(server.requests) == 100


@pytest.mark.parametrize("api", [True, False])
def test_what_is_known_to_be_absent_is_not_looked_for(api: bool) -> None:
    """A registry with the API is asked once, for what it lists; an older one for the index twice."""
    with MemoryRegistry(referrers=api) as registry, client(registry.host) as remote:
        repository = remote.repository("a")
        repository.push(SUBJECT)
        repository.push(Content(SBOM.blobs, ()))
        registry.requests.clear()
        repository.attach(SBOM.root, absent=True)
        asked = [f"{one.method} {one.target.split('/')[3]}" for one in registry.requests]
    index = ["GET manifests", "PUT manifests", "GET manifests"]
    assert asked == ["PUT manifests", "GET referrers", *([] if api else index)]
