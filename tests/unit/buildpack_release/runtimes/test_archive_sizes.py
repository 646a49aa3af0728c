"""The sizes of archives come from the servers that have them, and are never invented."""

from __future__ import annotations

from dataclasses import replace

from buildpack_common.runtimes_catalogue import LARGEST
from buildpack_release.runtimes.archive_sizes import with_sizes
from buildpack_release.runtimes.published import PublishedArchive
from oci_registry.testing.loopback import Received, Response
from support.scripted_server import ScriptedServer

ARCHIVE = PublishedArchive((3, 14, 2), "amd64", "1", "1/a%2Bb.tar.gz", "a" * 64)
OTHER = replace(ARCHIVE, version=(3, 14, 3), path="1/other.tar.gz")


def lengths(sizes: dict[str, int]) -> ScriptedServer:
    """Return a server that redirects, as code hosts do, and then tells a length without a body."""

    def answer(request: Received) -> Response:
        if request.target.startswith("/r/"):
            return Response(302, {"Location": request.target.removeprefix("/r")})
        size = sizes.get(request.target)
        return Response(404) if size is None else Response(200, length=size)

    return ScriptedServer(answer)


def test_sizes_are_asked_for_without_a_body() -> None:
    """Those that are known stay, and those that no server has stay unknown."""
    known = replace(ARCHIVE, path="1/known.tar.gz", size=7)
    with lengths({"/1/a%2Bb.tar.gz": 34_000_000, "/1/known.tar.gz": 8}) as server:
        found = with_sizes([ARCHIVE, known, OTHER], [f"{server.url}/r/"], {})
    assert [one.size for one in found] == [34_000_000, 7, None]
    assert {request.method for request in server.requests} == {"HEAD"}
    assert not [request for request in server.requests if "known" in request.target]


def test_the_next_server_is_asked_for_what_the_first_does_not_tell() -> None:
    """One that nobody listens at, and one that tells nonsense."""
    with (
        lengths({"/1/a%2Bb.tar.gz": LARGEST + 1}) as first,
        lengths({"/1/a%2Bb.tar.gz": 5}) as second,
    ):
        bases = ["http://127.0.0.1:9", first.url, second.url]
        (found,) = with_sizes([ARCHIVE], bases, {})
    assert found.size == 5


def test_without_any_server_nothing_is_known() -> None:
    """Which is no error: the archives can be had as well."""
    assert with_sizes([ARCHIVE], [], {}) == (ARCHIVE,)
    assert with_sizes([ARCHIVE], [], {})[0].size is None
