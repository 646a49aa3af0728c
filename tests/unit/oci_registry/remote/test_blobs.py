"""The blobs of a repository: several at once, reading, checking."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from oci_registry.blob_source import BlobSource
from oci_registry.content import sha256
from oci_registry.errors import ContentMismatchError, RegistryError, RejectedError, UnavailableError
from oci_registry.remote.retry import RetryPolicy
from oci_registry.store import TransferOutcome
from oci_registry.testing.loopback import Received, Response
from oci_registry.testing.memory import MemoryRegistry
from support import misbehaving_server
from support.registries import client
from support.scripted_server import ScriptedServer, in_turn

if TYPE_CHECKING:
    from pathlib import Path

BLOBS = [BlobSource.from_bytes(bytes([number]) * 1000) for number in range(12)]


def test_no_more_than_the_given_number_at_once_and_each_once() -> None:
    running, most, lock = [0], [0], threading.Lock()
    with MemoryRegistry() as registry:

        def count(request: Received) -> Response:
            with lock:
                running[0] += 1
                most[0] = max(most[0], running[0])
            try:
                return registry.answer(request)
            finally:
                with lock:
                    running[0] -= 1

        with ScriptedServer(count) as server, client(server.host) as remote:
            outcomes = remote.repository("a").blobs.push_all([*BLOBS, *BLOBS], jobs=3)
        uploads = [request for request in registry.requests if request.method == "PUT"]
    assert set(outcomes.values()) == {TransferOutcome.UPLOADED}
    assert len(uploads) == len(BLOBS) == len(outcomes)
    assert most[0] <= 3


def test_the_first_failure_ends_the_others() -> None:
    """What waits is not begun, what is under way is broken off, and the failure itself is raised."""
    with MemoryRegistry() as registry:

        def refuse(request: Received) -> Response:
            bad = request.method == "HEAD" and request.target.endswith(BLOBS[2].digest)
            return Response.error(400, "NO") if bad else registry.answer(request)

        with (
            ScriptedServer(refuse) as server,
            client(server.host) as remote,
            pytest.raises(RejectedError, match="400"),
        ):
            remote.repository("a").blobs.push_all(BLOBS, jobs=1)
        assert len(registry.store.state()["a"][0]) == 2


def test_an_interruption_ends_the_uploads_under_way() -> None:
    """Ctrl-C between two pieces: no wait, no retry, no later blob."""

    def interrupt(digest: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with MemoryRegistry() as registry, client(registry.host) as remote:
        with pytest.raises(KeyboardInterrupt):
            remote.repository("a").blobs.push_all(BLOBS, jobs=1, progress=interrupt)
        assert "a" not in registry.store.state()


def test_progress_ends_at_the_size_of_each_blob() -> None:
    seen: dict[str, tuple[int, int]] = {}

    def progress(digest: str, done: int, total: int) -> None:
        seen[digest] = (done, total)

    with MemoryRegistry() as registry, client(registry.host) as remote:
        for _ in range(2):  # uploaded, then present
            seen.clear()
            remote.repository("a").blobs.push_all(BLOBS, progress=progress)
            assert seen == {blob.digest: (blob.size, blob.size) for blob in BLOBS}


def test_a_blob_of_the_wrong_size_is_not_taken_for_present() -> None:
    script = in_turn(Response(200, {"Docker-Content-Digest": BLOBS[0].digest}, b"short"))
    with ScriptedServer(script) as server, client(server.host) as remote:
        blobs = remote.repository("a").blobs
        assert blobs.exists(BLOBS[0].digest)
        assert not blobs.exists(BLOBS[0].digest, BLOBS[0].size)


@pytest.mark.parametrize("status", [401, 403])
def test_no_access_is_not_absence(status: int) -> None:
    with (
        ScriptedServer(in_turn(Response(status))) as server,
        client(server.host) as remote,
        pytest.raises(RegistryError),
    ):
        remote.repository("a").blobs.exists(BLOBS[0].digest)


@pytest.mark.parametrize(
    ("body", "size", "expected"),
    [(b"other", None, "gave sha256"), (b"other", 4, "more than its 4"), (b"other", 6, "5 bytes, expected 6")],
)
def test_bytes_that_are_not_the_blob_are_refused(body: bytes, size: int | None, expected: str) -> None:
    with (
        ScriptedServer(in_turn(Response(200, {}, body))) as server,
        client(server.host) as remote,
        pytest.raises(ContentMismatchError, match=expected),
    ):
        remote.repository("a").blobs.check(sha256(b"right"), size)


def test_a_download_that_fails_leaves_nothing(tmp_path: Path) -> None:
    target = tmp_path / "blob"
    target.write_bytes(b"what was there before")
    with (
        ScriptedServer(in_turn(Response(200, {}, b"other"))) as server,
        client(server.host) as remote,
        pytest.raises(ContentMismatchError),
    ):
        remote.repository("a").blobs.download(sha256(b"right"), target)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"blob": b"what was there before"}


def test_a_small_blob_has_a_limit() -> None:
    with (
        ScriptedServer(in_turn(Response(200, {}, b"x" * 100))) as server,
        client(server.host) as remote,
        pytest.raises(RegistryError, match="more than 10"),
    ):
        remote.repository("a").blobs.read(sha256(b"x" * 100), limit=10)


def test_a_registry_without_ranges_is_read_over() -> None:
    """It answers 200 with everything; what we have already is left out."""
    whole = bytes(range(256)) * 4
    script = in_turn(Response(200, {}, whole[:500], length=len(whole), cut=True), Response(200, {}, whole))
    with ScriptedServer(script) as server, client(server.host) as remote:
        assert remote.repository("a").blobs.read(sha256(whole)) == whole
    assert server.requests[1].headers["range"] == "bytes=500-"


def test_another_range_than_asked_for_is_refused() -> None:
    half = Response(200, {}, b"01234", length=10, cut=True)
    wrong = Response(206, {"Content-Range": "bytes 7-9/10"}, b"789")
    with (
        ScriptedServer(in_turn(half, wrong)) as server,
        client(server.host) as remote,
        pytest.raises(ContentMismatchError, match="range"),
    ):
        remote.repository("a").blobs.read(sha256(b"0123456789"))


def test_a_byte_with_each_connection_is_no_progress() -> None:
    """A blob of a million bytes must not be a million connections."""
    blob = bytes(1 << 20)

    def one_byte(request: Received) -> Response:
        start = int(request.headers.get("range", "bytes=0-")[6:].partition("-")[0])
        part = {"Content-Range": f"bytes {start}-{len(blob) - 1}/{len(blob)}"} if start else {}
        return Response(206 if start else 200, part, b"\0", length=len(blob) - start, cut=True)

    with (
        ScriptedServer(one_byte) as server,
        client(server.host, policy=RetryPolicy(attempts=5)) as remote,
        pytest.raises(UnavailableError),
    ):
        remote.repository("a").blobs.check(sha256(blob), len(blob))
    assert len(server.requests) == 5


def test_a_large_blob_over_a_bad_line_arrives() -> None:
    """A megabyte with each connection is progress, however often it breaks."""
    blob = bytes(12 << 20)

    def a_part(request: Received) -> Response:
        start = int(request.headers.get("range", "bytes=0-")[6:].partition("-")[0])
        part = {"Content-Range": f"bytes {start}-{len(blob) - 1}/{len(blob)}"} if start else {}
        left = blob[start:]
        return Response(206 if start else 200, part, left[: 1 << 20], length=len(left), cut=True)

    with ScriptedServer(a_part) as server, client(server.host, policy=RetryPolicy(attempts=2)) as remote:
        assert remote.repository("a").blobs.check(sha256(blob), len(blob)) == len(blob)
    assert len(server.requests) == 12


def test_a_blob_that_is_announced_too_long_is_refused_unread() -> None:
    """Its descriptor says how long it is."""
    sent = in_turn(Response(200, {}, b"", length=1 << 40))
    with (
        ScriptedServer(sent) as server,
        client(server.host) as remote,
        pytest.raises(ContentMismatchError, match="more than its 5 bytes"),
    ):
        remote.repository("a").blobs.check(sha256(b"right"), 5)
    assert len(server.requests) == 1


def test_a_blob_without_end_is_read_to_its_size_and_no_further() -> None:
    """Whatever the server goes on to send."""
    endless = misbehaving_server.endless(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    with misbehaving_server.answering(endless) as server:
        host = server.url.removeprefix("http://")
        with client(host) as remote, pytest.raises(ContentMismatchError, match="more than its 5 bytes"):
            remote.repository("a").blobs.check(sha256(b"right"), 5)
