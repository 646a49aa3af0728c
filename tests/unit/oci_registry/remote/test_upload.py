"""Uploads that do not go straight on. Faults of the network are in the integration tests."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from oci_registry.blob_source import BlobSource
from oci_registry.errors import (
    ContentMismatchError,
    NotFoundError,
    RejectedError,
    UnavailableError,
    UnsafeRedirectError,
)
from oci_registry.remote.retry import RetryPolicy
from oci_registry.remote.upload import _SMALLEST_CHUNK
from oci_registry.store import TransferOutcome
from oci_registry.testing.loopback import Received, Response
from oci_registry.testing.memory import MemoryRegistry
from support.registries import client
from support.scripted_server import ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from oci_registry.remote.blobs import Blobs

BLOB = BlobSource.from_bytes(b"0123456789" * 10)


def push(registry: MemoryRegistry, source: BlobSource = BLOB, chunk: int = 30) -> TransferOutcome:
    with client(registry.host, chunk=chunk) as remote:
        return remote.repository("a").blobs.push(source)


def asked(registry: MemoryRegistry) -> list[tuple[str, int]]:
    return [(request.method, request.status) for request in registry.requests if request.target != "/v2/"]


def test_a_small_blob_goes_in_one_request() -> None:
    with MemoryRegistry() as registry:
        push(registry, chunk=100)
        assert asked(registry) == [("HEAD", 404), ("POST", 202), ("PUT", 201)]


def test_a_larger_one_in_chunks() -> None:
    with MemoryRegistry() as registry:
        push(registry)
        assert asked(registry) == [("HEAD", 404), ("POST", 202), *[("PATCH", 202)] * 4, ("PUT", 201)]


def test_the_registrys_smallest_chunk_is_respected() -> None:
    with MemoryRegistry(least_chunk=50) as registry:
        push(registry)
        assert [method for method, _ in asked(registry)].count("PATCH") == 2


def test_a_body_that_is_too_large_for_a_proxy_is_cut_into_smaller_ones() -> None:
    source = BlobSource.from_bytes(b"x" * (3 * _SMALLEST_CHUNK))
    with MemoryRegistry(most=_SMALLEST_CHUNK) as registry:
        assert push(registry, source, chunk=8 * _SMALLEST_CHUNK) is TransferOutcome.UPLOADED
        assert ("PUT", 413) in asked(registry)
        assert registry.store.blob("a", source.digest) == source.content


def test_one_that_is_always_too_large_is_told() -> None:
    source = BlobSource.from_bytes(b"x" * (2 * _SMALLEST_CHUNK))
    with MemoryRegistry(most=100) as registry, pytest.raises(RejectedError, match="413"):
        push(registry, source, chunk=8 * _SMALLEST_CHUNK)


@contextmanager
def between(
    registry: MemoryRegistry, change: Callable[[Received], Response | None]
) -> Iterator[ScriptedServer]:
    """Put a server before the registry that may answer in its stead."""
    with ScriptedServer(lambda request: change(request) or registry.answer(request)) as server:
        yield server


@contextmanager
def blobs(host: str) -> Iterator[Blobs]:
    with client(host, chunk=30) as remote:
        yield remote.repository("a").blobs


def test_a_registry_that_kept_only_a_part_of_a_chunk_gets_the_rest() -> None:
    """The Range of its answer counts, not what we sent."""
    with MemoryRegistry() as registry:

        def keep_ten_of_the_first(request: Received) -> Response | None:
            if request.method != "PATCH" or not request.headers["content-range"].startswith("0-"):
                return None
            headers = {name: value for name, value in request.headers.items() if name != "content-range"}
            return registry.answer(Received("PATCH", request.target, headers, request.body[:10]))

        with between(registry, keep_ten_of_the_first) as server, blobs(server.host) as found:
            found.push(BLOB)
            ranges = [request.headers.get("content-range") for request in server.requests][2:6]
        assert ranges == ["0-29", "10-39", "40-69", "70-99"]
        assert registry.store.blob("a", BLOB.digest) == BLOB.content


def test_a_disagreement_about_the_range_is_settled_by_asking() -> None:
    refused: list[int] = []

    def refuse_once(request: Received) -> Response | None:
        if request.headers.get("content-range", "").startswith("60-") and not refused:
            refused.append(1)
            return Response.error(416, "BLOB_UPLOAD_INVALID")
        return None

    with MemoryRegistry() as registry:
        with between(registry, refuse_once) as server, blobs(server.host) as found:
            found.push(BLOB)
        assert ("GET", 204) in asked(registry)
        assert registry.store.blob("a", BLOB.digest) == BLOB.content


@pytest.mark.parametrize("status", [404, 405, 400])
def test_a_registry_that_cannot_tell_how_much_it_has_gets_all_again(status: int) -> None:
    """Not every one answers GET on an upload."""
    failed: list[int] = []

    def change(request: Received) -> Response | None:
        if request.method == "GET":
            return Response(status)
        if request.headers.get("content-range", "").startswith("60-") and not failed:
            failed.append(1)
            return Response(500)
        return None

    with MemoryRegistry() as registry:
        with between(registry, change) as server, blobs(server.host) as found:
            found.push(BLOB)
        assert [method for method, _ in asked(registry)].count("POST") == 2
        assert registry.store.blob("a", BLOB.digest) == BLOB.content


def test_sessions_that_always_expire_end_in_an_error() -> None:
    def forget(request: Received) -> Response | None:
        return Response.error(404, "BLOB_UPLOAD_UNKNOWN") if request.method == "PATCH" else None

    with MemoryRegistry() as registry:
        with between(registry, forget) as server, blobs(server.host) as found, pytest.raises(NotFoundError):
            found.push(BLOB)
        assert [method for method, _ in asked(registry)].count("POST") == 4


def test_a_lost_confirmation_is_not_an_upload_more() -> None:
    """The blob was stored, only the answer got lost: the session is gone, and HEAD finds the blob."""
    lost: list[Response] = []

    with MemoryRegistry() as registry:

        def lose(request: Received) -> Response | None:
            if request.method == "PUT" and not lost:
                lost.append(registry.answer(request))
                return Response(502)
            return None

        with between(registry, lose) as server, blobs(server.host) as found:
            assert found.push(BLOB) is TransferOutcome.UPLOADED
        assert [method for method, _ in asked(registry)].count("POST") == 1


def location(value: Mapping[str, str]) -> Callable[[Received], Response | None]:
    return lambda request: Response(202, value) if request.method == "POST" else None


def test_an_upload_is_not_taken_into_our_network() -> None:
    with (
        MemoryRegistry() as registry,
        between(registry, location({"Location": "http://10.0.0.1/upload"})) as server,
        blobs(server.host) as found,
        pytest.raises(UnsafeRedirectError),
    ):
        found.push(BLOB)


def test_an_upload_without_a_location_is_an_error() -> None:
    with (
        MemoryRegistry() as registry,
        between(registry, location({})) as server,
        blobs(server.host) as found,
        pytest.raises(UnavailableError, match="without a Location"),
    ):
        found.push(BLOB)


def test_a_registry_that_stored_something_else_is_found_out() -> None:
    def other(request: Received) -> Response | None:
        headers = {"Docker-Content-Digest": "sha256:" + "0" * 64}
        return Response(201, headers) if request.method == "PUT" else None

    with (
        MemoryRegistry() as registry,
        between(registry, other) as server,
        blobs(server.host) as found,
        pytest.raises(ContentMismatchError, match="stored"),
    ):
        found.push(BLOB)


def test_a_query_in_the_location_is_kept() -> None:
    """It is the registry's own business, and often signed."""
    with MemoryRegistry() as registry:
        push(registry, chunk=100)
        (target,) = [request.target for request in registry.requests if request.method == "PUT"]
    assert "?_state=0&digest=sha256%3A" in target


def test_a_registry_that_keeps_a_byte_of_each_chunk_is_given_up() -> None:
    """A blob of gigabytes would be sent as often as it has bytes."""
    source = BlobSource.from_bytes(bytes(10_000))
    with MemoryRegistry() as registry:

        def keep_one(request: Received) -> Response:
            if request.method != "PATCH":
                return registry.answer(request)
            begun = int(request.headers["content-range"].partition("-")[0])
            return Response(202, {"Location": request.target, "Range": f"0-{begun}"})

        with (
            ScriptedServer(keep_one) as server,
            client(server.host, chunk=1_000, policy=RetryPolicy(attempts=4)) as remote,
            pytest.raises(UnavailableError, match="kept 1 of 1000 bytes"),
        ):
            remote.repository("a").blobs.push(source)
    assert [request.method for request in server.requests].count("PATCH") == 4


def test_a_small_blob_comes_with_the_beginning_where_the_registry_takes_it_so() -> None:
    with MemoryRegistry(whole_blobs=True) as registry, client(registry.host) as remote:
        for content in (b"one", b"two"):
            source = BlobSource.from_bytes(content)
            remote.repository("a").blobs.push(source, absent=True)
            assert registry.store.blob("a", source.digest) == content
        assert [one for one in asked(registry) if one[0] != "GET"] == [("POST", 201)] * 2


@pytest.mark.parametrize("status", [202, 400, 405, 500])
def test_a_registry_that_does_not_is_asked_so_only_once(status: int) -> None:
    """Most begin an upload as ever. One that refuses may be at odds with the way, not with the blob."""
    bodies: list[int] = []
    with MemoryRegistry() as registry:

        def answer(request: Received) -> Response:
            if request.method == "POST":
                bodies.append(len(request.body))
                if request.parameter("digest") and status != 202:
                    return Response.error(status, "UNSUPPORTED")
            return registry.answer(request)

        with ScriptedServer(answer) as server, client(server.host) as remote:
            for content in (b"one", b"two"):
                source = BlobSource.from_bytes(content)
                remote.repository("a").blobs.push_all([source], absent={source.digest})
                assert registry.store.blob("a", source.digest) == content
    assert bodies == ([3, 0] if status == 202 else [3, 0, 0])
