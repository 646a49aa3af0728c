"""One exchange: what goes along and what does not, redirects, and faults in our own words."""

from __future__ import annotations

import re
import socket
import ssl
import threading
import time
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import trustme

from buildpack_common.http_pace import PaceLimit
from oci_registry.errors import CredentialError, RegistryError, UnavailableError, UnsafeRedirectError
from oci_registry.remote.response import ERROR_LIMIT, RegistryResponse
from oci_registry.remote.wire import ConnectionOptions, RegistryRequest, Wire
from oci_registry.testing.loopback import HangUp, Received, Response
from support import misbehaving_server
from support.scripted_server import ScriptedServer, in_turn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

AUTHORIZATION = {"Authorization": "Basic c2VjcmV0"}


@contextmanager
def wire(options: ConnectionOptions | None = None) -> Iterator[Wire]:
    with closing(Wire("127.0.0.1", options or ConnectionOptions(read_timeout=5), {})) as opened:
        yield opened


def hang_up(_: Received) -> Response:
    raise HangUp


def test_nothing_of_the_surroundings_goes_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No netrc, no proxy on loopback, no cookies, no compression."""
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with ScriptedServer(lambda _: Response(200, {"Set-Cookie": "session=1"})) as server, wire() as opened:
        for _ in range(2):
            opened.send(RegistryRequest("GET", f"{server.url}/x")).read(10)
    assert [sorted(request.headers) for request in server.requests] == [
        ["accept", "accept-encoding", "host", "user-agent"]
    ] * 2
    assert server.requests[0].headers["accept-encoding"] == "identity"


def no_names(host: str, *_: object, **__: object) -> None:
    raise socket.gaierror(socket.EAI_NONAME, "unknown here")


def test_other_hosts_are_reached_through_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer(lambda _: Response(200, {}, b"by proxy")) as proxy, wire() as opened:
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.setenv("NO_PROXY", "direct.invalid")
        monkeypatch.setenv("http_proxy", f"http://me:secret@{proxy.host}")
        assert opened.send(RegistryRequest("GET", "http://registry.invalid/v2/")).read(10) == b"by proxy"
        monkeypatch.setattr(socket, "getaddrinfo", no_names)
        with pytest.raises(UnavailableError, match="unknown here"):
            opened.send(RegistryRequest("GET", "http://direct.invalid/v2/"))
    assert [request.target for request in proxy.requests] == ["http://registry.invalid/v2/"]


def test_a_proxy_that_is_gone_is_told_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://me:hunter2@127.0.0.1:1")
    with wire() as opened, pytest.raises(UnavailableError) as caught:
        opened.send(RegistryRequest("GET", "https://registry.invalid/v2/?token=hunter2"))
    assert "hunter2" not in str(caught.value)
    assert "HTTPS_PROXY" in caught.value.advice


def test_credentials_stay_at_their_origin() -> None:
    """Another port is another server, even at the same host."""
    with ScriptedServer(lambda _: Response(200)) as storage:
        location = {"Location": f"{storage.url}/blob"}
        with ScriptedServer(in_turn(Response(307, location))) as server, wire() as opened:
            opened.send(RegistryRequest("GET", f"{server.url}/v2/a", AUTHORIZATION)).read(0)
        assert "authorization" in server.requests[0].headers
        assert "authorization" not in storage.requests[0].headers


def test_credentials_go_along_within_the_origin() -> None:
    script = in_turn(Response(307, {"Location": "/elsewhere"}), Response(200))
    with ScriptedServer(script) as server, wire() as opened:
        opened.send(RegistryRequest("PUT", f"{server.url}/v2/a", AUTHORIZATION, b"body")).read(0)
    assert [(request.method, request.target, request.body) for request in server.requests] == [
        ("PUT", "/v2/a", b"body"),
        ("PUT", "/elsewhere", b"body"),
    ]
    assert "authorization" in server.requests[1].headers


@pytest.mark.parametrize("location", ["http://169.254.169.254/", "http://10.0.0.1/", "file:///etc/passwd"])
def test_a_redirect_into_the_network_is_refused(location: str) -> None:
    with (
        ScriptedServer(in_turn(Response(302, {"Location": location}))) as server,
        wire() as opened,
        pytest.raises(UnsafeRedirectError),
    ):
        opened.send(RegistryRequest("GET", f"{server.url}/v2/a"))


def test_redirects_in_a_circle_end() -> None:
    with (
        ScriptedServer(in_turn(Response(302, {"Location": "/again"}))) as server,
        wire() as opened,
        pytest.raises(UnsafeRedirectError, match="redirects"),
    ):
        opened.send(RegistryRequest("GET", f"{server.url}/v2/a"))
    assert len(server.requests) == 6


def test_a_form_is_not_sent_on_to_others() -> None:
    """A refresh token would go with it."""
    with ScriptedServer(in_turn(Response(200))) as other:
        script = in_turn(Response(307, {"Location": f"{other.url}/"}))
        with (
            ScriptedServer(script) as server,
            wire() as opened,
            pytest.raises(UnsafeRedirectError, match="form"),
        ):
            opened.send(RegistryRequest("POST", f"{server.url}/token", {}, b"refresh_token=secret"))
    assert other.requests == []


def test_a_post_is_not_turned_into_a_get() -> None:
    with ScriptedServer(in_turn(Response(302, {"Location": "/x"}))) as server, wire() as opened:
        assert opened.send(RegistryRequest("POST", f"{server.url}/v2/a")).status == 302


def test_a_lost_connection_may_be_tried_again() -> None:
    with ScriptedServer(hang_up) as server, wire() as opened, pytest.raises(UnavailableError) as caught:
        opened.send(RegistryRequest("GET", f"{server.url}/v2/a?secret=x"))
    assert caught.value.transient
    assert "secret" not in str(caught.value)


def test_a_server_that_was_never_there_is_not_tried_again() -> None:
    """A typing error in the port should not take a minute."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/v2/"
    with wire() as opened, pytest.raises(UnavailableError, match="refused") as caught:
        opened.send(RegistryRequest("GET", url))
    assert not caught.value.transient
    assert "name and port" in caught.value.advice


def test_a_server_that_went_away_is_tried_again() -> None:
    with wire() as opened:
        with ScriptedServer(in_turn(Response(200))) as server:
            opened.send(RegistryRequest("GET", f"{server.url}/x")).read(0)
        with pytest.raises(UnavailableError) as caught:
            opened.send(RegistryRequest("GET", f"{server.url}/x"))
    assert caught.value.transient


@contextmanager
def closing_by(event: threading.Event) -> Iterator[None]:
    try:
        yield
    finally:
        event.set()


def test_a_slow_server_runs_into_the_time_out() -> None:
    done = threading.Event()

    def wait(_: Received) -> Response:
        done.wait(10)
        return Response(200)

    with (
        ScriptedServer(wait) as server,
        closing_by(done),
        wire(ConnectionOptions(read_timeout=0.2)) as opened,
        pytest.raises(UnavailableError, match="time-out") as caught,
    ):
        opened.send(RegistryRequest("GET", f"{server.url}/x"))
    assert caught.value.transient


def test_a_body_that_breaks_off_is_not_taken_for_complete() -> None:
    script = in_turn(Response(200, {}, b"half", length=8, cut=True))
    with ScriptedServer(script) as server, wire() as opened:
        answer = opened.send(RegistryRequest("GET", f"{server.url}/x"))
        with pytest.raises(UnavailableError, match="broke off") as caught:
            answer.read(100)
    assert caught.value.transient


def test_compressed_bodies_are_not_unpacked() -> None:
    """The digest is of the bytes as they were stored."""
    packed = bytes.fromhex("1f8b08000000000000034bcc2a0300")
    script = in_turn(Response(200, {"Content-Encoding": "gzip"}, packed))
    with ScriptedServer(script) as server, wire() as opened:
        assert opened.send(RegistryRequest("GET", f"{server.url}/x")).read(100) == packed


def test_no_more_is_read_than_asked_for() -> None:
    with ScriptedServer(in_turn(Response(200, {}, b"x" * (ERROR_LIMIT * 3)))) as server, wire() as opened:
        assert len(opened.send(RegistryRequest("GET", f"{server.url}/x")).read_some()) == ERROR_LIMIT
        with pytest.raises(RegistryError, match="more than 10 bytes"):
            opened.send(RegistryRequest("GET", f"{server.url}/x")).read(10)


def test_a_ca_bundle_that_is_not_there_is_told_at_once(tmp_path: Path) -> None:
    for options, environ in (
        (ConnectionOptions(ca_bundle=tmp_path / "none.pem"), {}),
        (ConnectionOptions(), {"SSL_CERT_FILE": str(tmp_path / "none.pem")}),
        (ConnectionOptions(), {"REQUESTS_CA_BUNDLE": str(tmp_path / "none.pem")}),
    ):
        with pytest.raises(CredentialError, match="CA bundle"):
            Wire("x.io", options, environ)


HURRY = ConnectionOptions(read_timeout=5, pace=PaceLimit(seconds=0.2, rate=10_000))


@pytest.mark.parametrize("line", ["200 OK", "307 Temporary Redirect", "401 Unauthorized", "503 Down"])
def test_headers_that_drip_end_the_exchange(line: str) -> None:
    """No receive ever times out; the exchange as a whole does."""
    with (
        misbehaving_server.answering(misbehaving_server.dripping_head(line, 0.02)) as server,
        wire(HURRY) as opened,
        pytest.raises(UnavailableError) as caught,
    ):
        opened.send(RegistryRequest("GET", f"{server.url}/x"))
    assert re.fullmatch(r"only \d+ bytes came in \d s", caught.value.detail)
    assert caught.value.transient


@pytest.mark.parametrize("read", [RegistryResponse.read_some, lambda answer: answer.read(1 << 20)])
def test_a_body_that_drips_ends_the_exchange(read: Callable[[RegistryResponse], bytes]) -> None:
    """Of an error as of a document."""
    with (
        misbehaving_server.answering(misbehaving_server.dripping(bytes(5_000), 0.02)) as server,
        wire(HURRY) as opened,
    ):
        answer = opened.send(RegistryRequest("GET", f"{server.url}/x"))
        with pytest.raises(UnavailableError, match="broke off") as caught:
            read(answer)
    assert "bytes came in" in caught.value.detail


def test_a_proxy_that_drips_ends_the_exchange(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its answer to CONNECT comes before anything of the registry."""
    proxy = misbehaving_server.dripping_head("200 Connection established", 0.02)
    with misbehaving_server.answering(proxy) as server, wire(HURRY) as opened:
        monkeypatch.setenv("https_proxy", server.url)
        with pytest.raises(UnavailableError) as caught:
            opened.send(RegistryRequest("GET", "https://registry.invalid/v2/"))
    assert "bytes came in" in caught.value.detail
    assert caught.value.transient


def test_a_connection_is_used_again_with_all_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the exchange before has left of its credit says nothing about the next."""
    with ScriptedServer(lambda _: Response(200, {}, b"x")) as server, wire() as opened:
        for _ in range(3):
            assert opened.send(RegistryRequest("GET", f"{server.url}/x")).read(1) == b"x"


def test_what_never_comes_to_the_answer_is_not_asked_for_again() -> None:
    """A server that says `100 Continue` without end is not in trouble: it is up to something."""
    endless = misbehaving_server.endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1_000)
    with (
        misbehaving_server.answering(endless) as server,
        wire() as opened,
        pytest.raises(UnavailableError) as caught,
    ):
        opened.send(RegistryRequest("GET", f"{server.url}/x"))
    assert caught.value.detail == "more than 16 MiB came before or around what was asked for"
    assert not caught.value.transient


def test_trailers_without_end_are_given_up() -> None:
    """They follow a body in chunks, and nobody reads them."""
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n"
    endless = misbehaving_server.endless(head, b"X-Trailer: 1\r\n" * 1_000)
    with misbehaving_server.answering(endless) as server, wire() as opened:
        answer = opened.send(RegistryRequest("GET", f"{server.url}/x"))
        with pytest.raises(UnavailableError) as caught:
            answer.read(100)
    assert not caught.value.transient


def test_an_announced_length_above_the_limit_is_refused_unread() -> None:
    """The server may keep its gigabytes."""
    script = in_turn(Response(200, {}, b"", length=1 << 40, cut=False))
    with ScriptedServer(script) as server, wire() as opened:
        answer = opened.send(RegistryRequest("GET", f"{server.url}/x"))
        with pytest.raises(RegistryError, match="more than 10 bytes"):
            answer.read(10)
        head = opened.send(RegistryRequest("HEAD", f"{server.url}/x"))
        assert head.read(10) == b""


def test_a_record_that_drips_through_a_proxy_with_tls_ends_the_exchange(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """TLS in TLS is unpacked by urllib3, which receives until it has all of a record."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "registry.invalid").configure_cert(context)

    def tunnel(stream: socket.socket, _: misbehaving_server.Request) -> None:
        stream.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        inside = context.wrap_bio(incoming, outgoing, server_side=True)
        for step in (inside.do_handshake, lambda: inside.read(1 << 16)):
            while True:
                try:
                    step()
                    break
                except ssl.SSLWantReadError:
                    stream.sendall(outgoing.read())
                    incoming.write(stream.recv(1 << 16))
        stream.sendall(outgoing.read())
        inside.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + bytes(5_000))
        for byte in outgoing.read():
            stream.sendall(bytes([byte]))
            time.sleep(0.02)

    options = replace(HURRY, ca_bundle=tmp_path / "ca.pem")
    with misbehaving_server.answering(tunnel, tls=context) as server, wire(options) as opened:
        monkeypatch.setenv("https_proxy", server.url)
        with pytest.raises(UnavailableError) as caught:
            opened.send(RegistryRequest("GET", "https://registry.invalid/v2/"))
    assert re.fullmatch(r"only \d+ bytes came in \d s", caught.value.detail)
