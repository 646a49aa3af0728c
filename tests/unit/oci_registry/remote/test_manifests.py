"""Manifests and tags: nothing is believed that can be checked."""

from __future__ import annotations

import json

import pytest

from oci_registry.content import DOCKER_MANIFEST, MANIFEST, MANIFEST_TYPES, sha256
from oci_registry.errors import (
    ConflictError,
    ContentMismatchError,
    RegistryConflictError,
    RegistryError,
    UnsafeRedirectError,
)
from oci_registry.testing.loopback import Response
from oci_registry.testing.memory import MemoryRegistry
from oci_registry.testing.samples import image
from support.registries import client
from support.scripted_server import ScriptedServer, in_turn

ROOT = image(b"layer").root
OTHER = "sha256:" + "0" * 64


def answer(media_type: str = MANIFEST, content: bytes = ROOT.content, **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(200, {"Content-Type": media_type, **named}, content)


def test_all_kinds_of_manifests_are_accepted() -> None:
    with ScriptedServer(in_turn(answer())) as server, client(server.host) as remote:
        remote.repository("a").manifests.get("1")
    assert set(server.requests[0].headers["accept"].split(", ")) == set(MANIFEST_TYPES)


@pytest.mark.parametrize(
    ("target", "response"),
    [
        (OTHER, answer()),
        ("1", answer(Docker_Content_Digest=OTHER)),
        (ROOT.digest, answer(content=ROOT.content + b"\n")),
        ("1", answer("text/html", b"<html>log in</html>")),
        ("1", answer("application/json", b'{"mediaType": "application/x"}')),
        ("1", answer("application/json", b"[]")),
    ],
)
def test_another_manifest_than_asked_for_is_refused(target: str, response: Response) -> None:
    with (
        ScriptedServer(in_turn(response)) as server,
        client(server.host) as remote,
        pytest.raises(ContentMismatchError),
    ):
        remote.repository("a").manifests.get(target)


@pytest.mark.parametrize("header", [MANIFEST, f"{MANIFEST}; charset=utf-8", "application/json", "text/plain"])
def test_the_media_type_is_in_the_header_or_in_the_manifest(header: str) -> None:
    with ScriptedServer(in_turn(answer(header))) as server, client(server.host) as remote:
        assert remote.repository("a").manifests.get(ROOT.digest) == ROOT


def test_head_reads_the_manifest_where_the_headers_say_too_little() -> None:
    with ScriptedServer(in_turn(answer())) as server, client(server.host) as remote:
        found = remote.repository("a").manifests.head("1")
    assert found == ROOT.descriptor()
    assert [request.method for request in server.requests] == ["HEAD", "GET"]


def test_head_of_a_digest_must_be_of_that_digest() -> None:
    response = answer(Docker_Content_Digest=OTHER)
    with (
        ScriptedServer(in_turn(response)) as server,
        client(server.host) as remote,
        pytest.raises(ContentMismatchError),
    ):
        remote.repository("a").manifests.head(ROOT.digest)


def test_too_large_a_manifest_is_not_read() -> None:
    response = answer(content=b"x" * (4 * 1024 * 1024 + 1))
    with (
        ScriptedServer(in_turn(response)) as server,
        client(server.host) as remote,
        pytest.raises(RegistryError, match="more than"),
    ):
        remote.repository("a").manifests.get("1")


def test_a_manifest_keeps_its_media_type() -> None:
    docker = json.dumps({"schemaVersion": 2, "mediaType": DOCKER_MANIFEST, "layers": []}).encode()
    with MemoryRegistry() as registry, client(registry.host) as remote:
        manifests = remote.repository("a").manifests
        manifests.put(type(ROOT)(DOCKER_MANIFEST, docker), "1")
        assert manifests.get("1").media_type == DOCKER_MANIFEST
        assert manifests.get("1").digest == sha256(docker)


@pytest.mark.parametrize("status", [409, 412])
def test_a_tag_that_may_not_move_is_a_conflict(status: int) -> None:
    with (
        ScriptedServer(in_turn(Response.error(status, "TAG_IMMUTABLE"))) as server,
        client(server.host) as remote,
        pytest.raises(RegistryConflictError) as caught,
    ):
        remote.repository("a").manifests.put(ROOT, "1")
    assert isinstance(caught.value, ConflictError)


def test_a_registry_that_stored_something_else_is_found_out() -> None:
    with (
        ScriptedServer(in_turn(Response(201, {"Docker-Content-Digest": OTHER}))) as server,
        client(server.host) as remote,
        pytest.raises(ContentMismatchError, match="stored"),
    ):
        remote.repository("a").manifests.put(ROOT, "1")


@pytest.mark.parametrize("tag", ["", "a b", "../x", ".x", "x?y=z"])
def test_what_is_no_tag_makes_no_request(tag: str) -> None:
    with (
        ScriptedServer(in_turn(Response(201))) as server,
        client(server.host) as remote,
        pytest.raises(RegistryError, match="not a tag"),
    ):
        remote.repository("a").manifests.put(ROOT, tag)
    assert server.requests == []


def page(tags: list[str] | None, link: str = "") -> Response:
    response = Response.of_json({"name": "a", "tags": tags})
    return Response(200, {**response.headers, **({"Link": link} if link else {})}, response.body)


def test_tags_of_all_pages_each_once() -> None:
    script = in_turn(page(["1", "2"], '</v2/a/tags/list?n=2&last=2>; rel="next"'), page(["2", "3"]))
    with ScriptedServer(script) as server, client(server.host) as remote:
        assert remote.repository("a").manifests.tags() == ("1", "2", "3")
    assert server.requests[1].target == "/v2/a/tags/list?n=2&last=2"


def test_what_is_no_tag_is_none() -> None:
    """Nobody could ask for it, and one of them hides no others."""
    body = json.dumps({"tags": ["1", "a b", "..", "x" * 129, 5, None]}).encode()
    with ScriptedServer(in_turn(Response(200, {}, body))) as server, client(server.host) as remote:
        assert remote.repository("a").manifests.tags() == ("1",)


def test_no_tags_are_null_in_old_registries() -> None:
    with ScriptedServer(in_turn(page(None))) as server, client(server.host) as remote:
        assert remote.repository("a").manifests.tags() == ()


def test_a_list_that_goes_on_elsewhere_is_refused() -> None:
    """Our token would go along."""
    script = in_turn(page(["1"], '<http://127.0.0.1:1/v2/a/tags/list>; rel="next"'))
    with (
        ScriptedServer(script) as server,
        client(server.host) as remote,
        pytest.raises(UnsafeRedirectError),
    ):
        remote.repository("a").manifests.tags()


def test_a_list_without_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oci_registry.remote.paging._MOST_PAGES", 3)
    with (
        ScriptedServer(in_turn(page(["1"], "</v2/a/tags/list?last=1>; rel=next"))) as server,
        client(server.host) as remote,
        pytest.raises(RegistryError, match="does not end"),
    ):
        remote.repository("a").manifests.tags()
    assert len(server.requests) == 3


@pytest.mark.parametrize("body", [b"", b"[]", b'{"tags": 3}'])
def test_a_list_that_is_none_is_told(body: bytes) -> None:
    with (
        ScriptedServer(in_turn(Response(200, {}, body))) as server,
        client(server.host) as remote,
        pytest.raises(RegistryError, match="not what a registry answers"),
    ):
        remote.repository("a").manifests.tags()
