"""A registry that answers anything."""

from __future__ import annotations

import json
import socket
import threading
from typing import TYPE_CHECKING

from fuzz.targets.common import Target
from oci_registry.content import CONFIG, MANIFEST, Descriptor, sha256
from oci_registry.errors import ExpectedError, NetworkError
from oci_registry.remote.client import RegistryClient
from oci_registry.remote.retry import RetryPolicy
from oci_registry.testing.samples import image, patient_clock

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping
    from pathlib import Path

_PATIENCE = 5.0
_TLS = b"\x16\x03"  # how a client begins that tries HTTPS
_BLOB = b"{}"


def _http(status: str, body: bytes, **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


class RegistryAnswers(Target):
    """Whatever it answers, what is asked for is there, absent, or an error; and no token goes elsewhere."""

    name = "registry-answers"
    expected = (ExpectedError,)
    tokens = (
        *(
            b"HTTP/1.1 401 x\r\n",
            b"HTTP/1.1 307 x\r\nLocation: /x\r\n",
            b"HTTP/1.1 429 x\r\nRetry-After: 99999999999\r\n",
        ),
        *(
            b"\r\nTransfer-Encoding: chunked",
            b"\r\nContent-Length: -1",
            b"\r\nContent-Encoding: gzip",
            b"\r\n\r\n",
            b"\r\n",
        ),
        *(
            b'\r\nWWW-Authenticate: Bearer realm="http://127.0.0.1:1/t",scope="x"',
            b'\r\nWWW-Authenticate: Basic realm="',
        ),
        *(
            b'\r\nLink: </v2/a/tags/list?n=1>; rel="next"',
            b"\r\nLink: <http://h/>; rel=next",
            b"\r\nDocker-Content-Digest: sha256:x",
        ),
        *(
            b'"errors":[{"code":1}]',
            b'"tags":null',
            b'"token":[]',
            b'"expires_in":"x"',
            b'"manifests":[{"digest":1}]',
        ),
    )

    def __init__(self) -> None:
        content = image(b"x")
        listed = {"schemaVersion": 2, "manifests": [content.root.descriptor(artifactType="a/b").to_json()]}
        errors = json.dumps({"errors": [{"code": "DENIED", "message": "no", "detail": {"x": 1}}]}).encode()
        kind = "application/vnd.oci.image.index.v1+json"
        good = {
            "tags": _http("200 OK", b'{"name":"a","tags":["1","2"]}', Content_Type="application/json"),
            "manifest": _http("200 OK", content.root.content, Content_Type=MANIFEST),
            "referrers": _http("200 OK", json.dumps(listed).encode(), Content_Type=kind),
            "blob": _http("200 OK", _BLOB, Content_Type="application/octet-stream"),
        }
        challenge = _http(
            "401 x", errors, WWW_Authenticate='Basic realm="x", Bearer realm="http://127.0.0.1:1/t"'
        )
        self.seeds = (
            good,
            {**good, "tags": challenge, "manifest": _http("403 x", errors)},
            {name: _http("404 Not Found", errors) for name in good},
            {
                **good,
                "blob": _http("206 x", b"{", Content_Range="bytes 0-0/2"),
                "manifest": _http("429 x", b""),
            },
        )
        self._server = _Server()
        self._digest = content.root.digest

    def answer(self, files: dict[str, bytes], place: Path, rng: random.Random) -> object:
        """Ask for two of what may be asked for: tags, a manifest, referrers, a blob."""
        self._server.answers = files
        blob = Descriptor(CONFIG, sha256(_BLOB), len(_BLOB))
        policy = RetryPolicy(attempts=2)
        with RegistryClient(self._server.host, environ={}, policy=policy, clock=patient_clock()) as client:
            repository = client.repository("a")
            questions: Mapping[str, Callable[[], object]] = {
                "tags": repository.tags,
                "manifest": lambda: repository.manifest("1"),
                "head": lambda: repository.has_manifest(self._digest),
                "referrers": lambda: [one.to_json() for one in repository.referrers(self._digest)],
                "blob": lambda: b"".join(repository.pieces(blob)),
                "blob head": lambda: repository.has_blob(blob),
            }
            asked = rng.sample(sorted(questions), 2)  # each costs some milliseconds
            found = {name: self._told(questions[name]) for name in asked}
        got = found.get("blob", repr(_BLOB))
        assert got == repr(_BLOB) or got.startswith("refused"), f"another blob: {got}"
        return found

    def _told(self, question: Callable[[], object]) -> str:
        try:
            return repr(question())
        except NetworkError as error:
            # How a connection ends that nobody keeps, the network decides.
            return f"refused: {type(error).__name__}"
        except ExpectedError as error:
            return f"refused: {type(error).__name__} {error}"


class _Server:
    """Answers by what is asked for, with whatever bytes there are, and closes the connection."""

    def __init__(self) -> None:
        self.answers: Mapping[str, bytes] = {}
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.host = f"127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        connection.settimeout(_PATIENCE)
        asked = b""
        try:
            with connection:
                while b"\r\n\r\n" not in asked:
                    piece = connection.recv(65536)
                    if not piece or piece.startswith(_TLS):
                        return
                    asked += piece
                path = asked.split(b" ")[1].decode("latin-1")
                names = {
                    "/tags/": "tags",
                    "/manifests/": "manifest",
                    "/referrers/": "referrers",
                    "/blobs/": "blob",
                }
                name = next((kind for part, kind in names.items() if part in path), "tags")
                answer = self.answers.get(name, b"")
                connection.sendall(
                    answer
                    if not asked.startswith(b"HEAD")
                    else answer.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
                )
        except OSError:
            return
