"""Git repositories on loopback behind HTTP, with a password if asked, served by git-http-backend."""

from __future__ import annotations

import base64
import gzip
import os
import subprocess
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

# Nothing of the machine's own set-up: no user, no templates, no signing.
_ENVIRONMENT = {
    "PATH": os.environ.get("PATH", os.defpath),
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_TERMINAL_PROMPT": "0",
    **{
        f"GIT_{who}_{what}": "tests@strata.invalid"
        for who in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    },
}


@dataclass
class GitServer:
    """Bare repositories below ``root``; ``user`` and ``password`` are asked for, if there is a user."""

    root: Path
    user: str
    password: str
    host: str = ""
    requests: list[str] = field(default_factory=list)
    """Paths that were answered, with user and password if these are asked for."""

    def url(self, name: str) -> str:
        """Return the address of a repository, without credentials."""
        return f"http://{self.host}/{name}"

    def publish(
        self, name: str, files: Mapping[str, str], *, submodules: Mapping[str, str] | None = None
    ) -> str:
        """Make a repository or add a commit; return the commit. ``submodules``: addresses by path."""
        work = self.root.parent / f"work of {name}"
        bare = self.root / name
        if not bare.exists():
            git("init", "--quiet", "--bare", "--initial-branch=main", str(bare))
            git("init", "--quiet", "--initial-branch=main", str(work))
            git("-C", str(work), "remote", "add", "origin", str(bare))
        for path, text in files.items():
            target = work / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        for path, address in (submodules or {}).items():
            source = self.root / address.rpartition("/")[2]
            git(
                "-C",
                str(work),
                "-c",
                "protocol.file.allow=always",
                "submodule",
                "--quiet",
                "add",
                str(source),
                path,
            )
            git("-C", str(work), "config", "--file=.gitmodules", f"submodule.{path}.url", address)
        git("-C", str(work), "add", "--all")
        git("-C", str(work), "commit", "--quiet", "--message=one more")
        git("-C", str(work), "push", "--quiet", "origin", "main")
        return git("-C", str(work), "rev-parse", "HEAD")


def git(*arguments: str) -> str:
    """Run git and return what it prints."""
    done = subprocess.run(["git", *arguments], env=_ENVIRONMENT, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@contextmanager
def git_server(root: Path, *, user: str = "", password: str = "") -> Iterator[GitServer]:
    """Serve repositories below ``root`` until the block is left."""
    root.mkdir(parents=True)
    served = GitServer(root, user, password)
    with _Server(("127.0.0.1", 0), partial(_Handler, served)) as server:
        served.host = f"127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield served
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, served: GitServer, *args: object) -> None:
        self._served = served
        super().__init__(*args)  # type: ignore[arg-type]  # as socketserver passes them

    def do_GET(self) -> None:
        expected = base64.b64encode(f"{self._served.user}:{self._served.password}".encode()).decode()
        if self._served.user and self.headers.get("Authorization", "") != f"Basic {expected}":
            return self._answer(401, {"WWW-Authenticate": 'Basic realm="git"'}, b"")
        self._served.requests.append(self.path)
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        variables = {
            "GIT_PROJECT_ROOT": str(self._served.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
        }
        command = ["git", "-c", "safe.directory=*", "http-backend"]
        done = subprocess.run(
            command, env=_ENVIRONMENT | variables, input=body, capture_output=True, check=True
        )
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        return self._answer(int(headers.pop("Status", "200").split()[0]), headers, content)

    do_POST = do_GET  # noqa: N815  (http.server's name)

    def _answer(self, code: int, headers: Mapping[str, str], content: bytes) -> None:
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
