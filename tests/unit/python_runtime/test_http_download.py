"""Downloads survive what passes and say plainly what does not: a server on loopback misbehaves."""

from __future__ import annotations

import errno
import hashlib
import io
import re
import socket
import ssl
import threading
from typing import TYPE_CHECKING

import pytest
import trustme

from buildpack_api.bindings import Binding
from buildpack_api.errors import ConfigurationError
from buildpack_api.output import Output
from buildpack_common.http_pace import PaceLimit
from python_runtime.faults import LocationFault
from python_runtime.http_download import Downloader
from support import misbehaving_server as server

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CONTENT = bytes(range(256)) * 4096  # 1 MiB: several reads
SUM = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy, certificate store or .netrc of the machine that runs the tests."""
    for name in (
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
    ):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", "/dev/null")


class Client:
    """A downloader whose pauses take no time and are written down."""

    def __init__(
        self,
        environment: Mapping[str, str] | None = None,
        bindings: tuple[Binding, ...] = (),
        read_timeout: float = 5.0,
        patience: float = 10.0,
        most: int = len(CONTENT),
    ) -> None:
        self.pauses: list[float] = []
        self.log = io.StringIO()
        self.target = io.BytesIO()
        self.downloader = Downloader(
            Output(stdout=self.log),
            environment or {},
            bindings,
            sleep=self.pauses.append,
            timeout=(5.0, read_timeout),
            pace=PaceLimit(seconds=patience, rate=1000.0),
        )
        self._most = most

    def get(self, url: str) -> str:
        return self.downloader.download(url, self.target, "Python 3.14.2", most=self._most)

    def fault(self, url: str) -> LocationFault:
        with pytest.raises(LocationFault) as caught:
            self.get(url)
        return caught.value


def test_a_file_arrives_whole_and_with_its_checksum() -> None:
    client = Client()
    with server.answering(server.file(CONTENT)) as script:
        assert client.get(f"{script.url}/a%2Bb.tar.gz") == SUM

    assert client.target.getvalue() == CONTENT
    assert [request.path for request in script.requests] == ["/a%2Bb.tar.gz"]
    assert script.requests[0].headers["accept-encoding"] == "identity"
    assert client.pauses == []


@pytest.mark.parametrize(
    "line",
    [
        "408 Request Timeout",
        "429 Too Many Requests",
        "500 Internal Server Error",
        "502 Bad Gateway",
        "503 Service Unavailable",
        "504 Gateway Timeout",
        "520 Unknown",
    ],
)
def test_a_passing_fault_is_tried_again_after_growing_pauses(line: str) -> None:
    client = Client()
    with server.answering(server.status(line), server.status(line), server.file(CONTENT)) as script:
        assert client.get(script.url) == SUM

    assert client.pauses == [0.5, 1.0]
    assert client.log.getvalue().count(f"HTTP {line}; trying again") == 2


def test_a_fault_that_does_not_pass_ends_after_five_attempts() -> None:
    client = Client()
    with server.answering(server.status("503 Service Unavailable")) as script:
        fault = client.fault(script.url)

    assert fault.reason == "HTTP 503 Service Unavailable (after 5 attempts)"
    assert len(script.requests) == 5
    assert client.pauses == [0.5, 1.0, 2.0, 4.0]


@pytest.mark.parametrize(
    ("value", "pause"),
    [("7", 7.0), ("9999", 30.0), ("0", 0.5), ("soon", 0.5), ("Wed, 01 Jan 2020 00:00:00 GMT", 0.5)],
)
def test_the_pause_a_server_asks_for_is_kept_within_limits(value: str, pause: float) -> None:
    client = Client()
    busy = server.status("429 Too Many Requests", Retry_After=value)
    with server.answering(busy, server.file(CONTENT)) as script:
        client.get(script.url)

    assert client.pauses == [pause]


@pytest.mark.parametrize(
    ("line", "advice"),
    [
        ("400 Bad Request", "under this very path"),
        ("401 Unauthorized", "credentials"),
        ("403 Forbidden", "under this very path"),
        ("404 Not Found", "under this very path"),
        ("407 Proxy Authentication Required", "HTTPS_PROXY"),
        ("410 Gone", "under this very path"),
        ("204 No Content", "under this very path"),
    ],
)
def test_a_refusal_is_final(line: str, advice: str) -> None:
    client = Client()
    with server.answering(server.status(line)) as script:
        fault = client.fault(script.url)

    assert fault.reason == f"HTTP {line}"
    assert advice in fault.advice
    assert len(script.requests) == 1


def test_a_web_page_is_not_taken_for_an_archive() -> None:
    page = server.status("200 OK", b"<html>Please log in</html>", Content_Type="text/html; charset=utf-8")
    with server.answering(page) as script:
        fault = Client().fault(script.url)

    assert fault.reason == "a web page came instead of an archive"
    assert "log-in page" in fault.advice


def test_a_connection_that_breaks_is_resumed_where_it_ended() -> None:
    client = Client()
    answers = [
        server.breaking_off(CONTENT, 300_000),
        server.breaking_off(CONTENT, 400_000),
        server.file(CONTENT),
    ]
    with server.answering(*answers) as script:
        assert client.get(script.url) == SUM

    assert client.target.getvalue() == CONTENT
    assert [request.headers.get("range") for request in script.requests] == [
        None,
        "bytes=300000-",
        "bytes=700000-",
    ]
    assert script.requests[1].headers["if-range"] == '"v1"'


def test_a_slow_line_that_breaks_often_still_gets_there() -> None:
    client = Client()
    part = len(CONTENT) // 20
    with server.answering(*[server.breaking_off(CONTENT, part)] * 19, server.file(CONTENT)) as script:
        assert client.get(script.url) == SUM

    assert set(client.pauses) == {0.5}  # every attempt brought something


def test_a_file_that_changed_in_between_is_fetched_from_its_beginning() -> None:
    client = Client()
    answers = [server.breaking_off(b"old" * 300_000, 300_000, '"old"'), server.file(CONTENT, '"new"')]
    with server.answering(*answers) as script:
        assert client.get(script.url) == SUM

    assert client.target.getvalue() == CONTENT


@pytest.mark.parametrize("etag", ["", 'W/"weak"'])
def test_without_a_way_to_tell_that_it_is_the_same_file_nothing_is_resumed(etag: str) -> None:
    client = Client()
    with server.answering(server.breaking_off(CONTENT, 300_000, etag), server.file(CONTENT)) as script:
        assert client.get(script.url) == SUM

    assert [request.headers.get("range") for request in script.requests] == [None, None]
    assert client.target.getvalue() == CONTENT


def test_a_range_that_is_no_longer_there_starts_anew() -> None:
    client = Client()
    gone = server.status("416 Range Not Satisfiable")
    with server.answering(server.breaking_off(CONTENT, 300_000), gone, server.file(CONTENT)) as script:
        assert client.get(script.url) == SUM

    assert client.target.getvalue() == CONTENT


@pytest.mark.parametrize("content_range", ["bytes 5-9/10", "bytes */10", "nonsense"])
def test_a_wrong_part_is_not_put_behind_the_right_one(content_range: str) -> None:
    client = Client()
    wrong = server.status("206 Partial Content", b"wrong", Content_Range=content_range)
    with server.answering(server.breaking_off(CONTENT, 300_000), wrong, server.file(CONTENT)) as script:
        assert client.get(script.url) == SUM

    assert client.target.getvalue() == CONTENT


def test_a_body_that_is_always_cut_off_is_named() -> None:
    with server.answering(server.breaking_off(CONTENT, 0)) as script:
        fault = Client().fault(script.url)

    assert "(after 5 attempts)" in fault.reason
    assert "Check the network" in fault.advice


@pytest.mark.parametrize("answer", [server.hang_up, server.raw(b"not HTTP at all\r\n\r\n")])
def test_a_server_that_speaks_no_http_is_a_failed_connection(answer: server.Answer) -> None:
    with server.answering(answer) as script:
        fault = Client().fault(script.url)

    assert fault.reason.startswith("the connection failed: ")
    assert "BP_DEPENDENCY_MIRROR" in fault.advice


def test_a_silent_server_is_given_up() -> None:
    end = threading.Event()
    try:
        with server.answering(server.silence(end)) as script:
            fault = Client(read_timeout=0.05).fault(script.url)
            end.set()
    finally:
        end.set()

    assert fault.reason == "127.0.0.1 does not answer in time (after 5 attempts)"


def test_a_server_that_drips_is_given_up_soon() -> None:
    """No read ever times out, and each attempt brings new bytes."""
    client = Client(patience=0.2)
    with server.answering(server.dripping(CONTENT, 0.02)) as script:
        fault = client.fault(script.url)

    assert re.fullmatch(r"only \d+ bytes came in \d s \(after 2 attempts\)", fault.reason)
    assert "BP_DEPENDENCY_MIRROR" in fault.advice
    assert int(script.requests[1].headers["range"].strip("bytes=-")) > 0, "the second attempt resumes"


def test_a_server_that_drips_once_is_asked_for_the_rest() -> None:
    client = Client(patience=0.2)
    with server.answering(server.dripping(CONTENT, 0.02), server.file(CONTENT)) as script:
        assert client.get(script.url) == SUM

    assert client.pauses == [0.5]


@pytest.mark.parametrize("status", ["200 OK", "302 Found", "503 Service Unavailable"])
def test_headers_that_drip_are_given_up(status: str) -> None:
    """The time-out of a receive never strikes; two attempts, and the next place has its turn."""
    client = Client(patience=0.2)
    with server.answering(server.dripping_head(status, 0.02)) as script:
        fault = client.fault(script.url)

    assert re.fullmatch(r"only \d+ bytes came in \d s \(after 2 attempts\)", fault.reason)
    assert len(script.requests) == 2


def test_a_proxy_that_drips_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its answer to CONNECT, before any TLS."""
    client = Client(patience=0.2)
    with server.answering(server.dripping_head("200 Connection established", 0.02)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        fault = client.fault("https://somewhere.invalid/x")

    assert "bytes came in" in fault.reason
    assert len(proxy.requests) == 2


def test_a_byte_with_each_connection_is_no_progress() -> None:
    """Five attempts are what such a server gets, not as many as the file has bytes."""
    client = Client()
    with server.answering(server.breaking_off(CONTENT, 1)) as script:
        fault = client.fault(script.url)

    assert fault.reason.endswith("(after 5 attempts)")
    assert len(script.requests) == 5


def test_a_length_above_the_size_in_the_catalogue_is_refused_at_once() -> None:
    """Nothing of the body is read."""
    client = Client(most=len(CONTENT) - 1)
    with server.answering(server.file(CONTENT)) as script:
        fault = client.fault(script.url)

    assert fault.reason == (
        f"what comes is not the archive: it has more than {len(CONTENT) - 1} bytes, "
        f"and {len(CONTENT)} bytes were about to come"
    )
    assert client.target.getvalue() == b""
    assert len(script.requests) == 1


def test_an_endless_body_is_read_up_to_the_size_and_no_further() -> None:
    """Without a length, until the client goes away; what was written of it is gone."""
    client = Client(most=100_000)
    with server.answering(server.endless(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")) as script:
        fault = client.fault(script.url)

    assert "there was more to come" in fault.reason
    assert client.target.getvalue() == b""
    assert len(script.requests) == 1


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 302 Found\r\nLocation: /there\r\nConnection: close\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Encoding: gzip\r\n\r\n",
    ],
)
def test_the_body_of_a_redirect_is_nobodys_business(head: bytes) -> None:
    """Requests would read all of it into memory, and unpack it."""
    with server.answering(server.endless(head), server.file(CONTENT)) as script:
        assert Client().get(script.url) == SUM


def test_answers_without_end_before_the_answer_are_given_up() -> None:
    """`100 Continue` again and again is skipped by http.client, as fast as it comes."""
    with server.answering(server.endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1_000)) as script:
        fault = Client().fault(script.url)

    assert fault.reason == "more than 16 MiB came before or around what was asked for"


def test_what_an_earlier_run_left_is_not_taken_over_if_it_is_too_long() -> None:
    """It is not the beginning of this file."""
    client = Client()
    client.target.write(CONTENT + b"more")
    with server.answering(server.file(CONTENT)) as script:
        downloader = client.downloader
        assert downloader.download(script.url, client.target, "x", most=len(CONTENT), resume=True) == SUM

    assert "range" not in script.requests[0].headers
    assert client.target.getvalue() == CONTENT


def test_a_port_that_nobody_listens_at() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    fault = Client().fault(f"http://127.0.0.1:{port}/x")

    assert fault.reason == "the connection failed: Connection refused (after 5 attempts)"


def test_a_name_that_does_not_exist() -> None:
    fault = Client().fault("http://no-such-host.invalid/x")

    assert fault.reason.startswith("the name no-such-host.invalid cannot be resolved")


def test_redirects_are_followed_but_not_for_ever() -> None:
    client = Client()
    moved = server.status("302 Found", Location="/there")
    with server.answering(moved, server.file(CONTENT)) as script:
        assert client.get(f"{script.url}/here") == SUM
    assert [request.path for request in script.requests] == ["/here", "/there"]

    with server.answering(moved) as script:
        assert "redirects" in Client().fault(script.url).reason


def test_a_gzip_encoding_that_is_none_does_not_unpack_the_archive() -> None:
    client = Client()
    with server.answering(server.status("200 OK", CONTENT, Content_Encoding="gzip")) as script:
        assert client.get(script.url) == SUM


def test_a_body_without_a_length_is_taken_to_its_end() -> None:
    client = Client()
    with server.answering(server.raw(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + CONTENT)) as script:
        assert client.get(script.url) == SUM


def test_the_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with server.answering(server.file(CONTENT)) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        assert Client().get("http://somewhere.invalid/x") == SUM

    assert proxy.requests[0].path == "http://somewhere.invalid/x"


def test_a_dead_proxy_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    proxy = f"http://user:secret@127.0.0.1:{port}"
    monkeypatch.setenv("HTTP_PROXY", proxy)
    client = Client({"HTTP_PROXY": proxy})

    fault = client.fault("http://somewhere.invalid/x")

    assert fault.reason.startswith("the proxy does not connect")
    assert f"HTTP_PROXY=http://***@127.0.0.1:{port}" in fault.advice
    assert "secret" not in f"{fault.reason}{fault.advice}{client.log.getvalue()}"


def test_a_full_disk_is_not_mistaken_for_a_fault_of_the_server() -> None:
    class Full(io.BytesIO):
        def write(self, _: object) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    client = Client()
    client.target = Full()
    with server.answering(server.file(CONTENT)) as script, pytest.raises(OSError, match="No space left"):
        client.get(script.url)

    assert len(script.requests) == 1


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


def test_a_certificate_of_an_unknown_authority_is_refused_at_once(tls: ssl.SSLContext) -> None:
    client = Client()
    with server.answering(server.file(CONTENT), tls=tls) as script:
        fault = client.fault(script.url)

    assert fault.reason.startswith("TLS failed: ")
    assert "certificate" in fault.reason
    assert "ca-certificates" in fault.advice
    assert client.pauses == []


def test_the_authority_may_come_in_ssl_cert_file(
    tls: ssl.SSLContext, authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with server.answering(server.file(CONTENT), tls=tls) as script:
        assert Client().get(script.url) == SUM


def test_the_authority_may_come_in_a_binding(
    tls: ssl.SSLContext, authority: trustme.CA, tmp_path: Path
) -> None:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    binding = Binding("company", "ca-certificates", secrets={"ca.pem": tmp_path / "ca.pem"})
    with server.answering(server.file(CONTENT), tls=tls) as script:
        assert Client(bindings=(binding,)).get(script.url) == SUM


def test_a_binding_without_a_certificate_is_named(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("not a certificate")
    binding = Binding("company", "ca-certificates", secrets={"ca.pem": tmp_path / "ca.pem"})

    with pytest.raises(ConfigurationError, match=r"'ca\.pem' in the ca-certificates binding 'company'"):
        Client(bindings=(binding,))
