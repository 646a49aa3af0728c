"""A web app's server: its first answer, its end."""

from __future__ import annotations

import re
import shlex
import socket
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_release.errors import ReleaseError
from buildpack_release.text import duration
from buildpack_testing.build_report import container_paths
from buildpack_testing.launched_process import stop

if TYPE_CHECKING:
    import subprocess

    from buildpack_testing.launched_process import ImageFileSystem

_PATIENCE = 30.0
_SERVER_ERROR = 500
_SHOWN = 300
_SHOWN_OF_PAGE = 100
_WEB = frozenset({"web", "start", "serve", "reload-web"})
"""What is expected to answer."""


@dataclass(frozen=True)
class PageAnswer:
    """What a server answered: status, visible text (cut), seconds from its start to the answer."""

    status: int
    text: str
    seconds: float


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on at the moment."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
    return port


def fetch(url: str, process: subprocess.Popen[str], *, patience: float = _PATIENCE) -> PageAnswer:
    """Ask until the process answers. Raises ReleaseError if it ends or is silent for patience (seconds)."""
    started = time.perf_counter()
    while process.poll() is None and time.perf_counter() - started < patience:
        answer = _ask(url, patience)
        if answer:
            return PageAnswer(*answer, time.perf_counter() - started)
        time.sleep(0.02)
    ended = f"it ended with {process.returncode}" if process.poll() is not None else "it stayed silent"
    raise ReleaseError(f"the app did not answer: {ended}")


def _ask(url: str, patience: float) -> tuple[int, str] | None:
    """Return status and text of an answer, None if nobody listens yet. Raises ReleaseError for a 5xx."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=patience) as response:
            return response.status, _as_line(response.read(10_000).decode("utf-8", "replace"))
    except urllib.error.HTTPError as error:
        with error:
            if error.code >= _SERVER_ERROR:
                raise ReleaseError(f"{url} answered {error.code}") from error
            return error.code, _as_line(error.read(10_000).decode("utf-8", "replace"))
    except OSError:
        return None


@dataclass(frozen=True)
class Visit:
    """An answered request, and how the server ended when it was told to: exit code and seconds it took."""

    answer: PageAnswer
    code: int
    seconds: float


def visit(container: ImageFileSystem, process_type: str) -> Visit:
    """Start a process that serves at 127.0.0.1:$PORT in the image, ask for /, and stop it with SIGTERM.

    Raises ReleaseError, with what the server printed, when it does not answer or fails.
    """
    url = f"http://127.0.0.1:{container.variables['PORT']}/"
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as log,
        container.start(container.command(process_type), process_type=process_type, output=log) as process,
    ):
        try:
            answer = fetch(url, process)
        except ReleaseError as error:
            log.seek(0)
            raise ReleaseError(error.title, detail=log.read()[-4000:]) from error
        started = time.perf_counter()
        code = stop(process)
        return Visit(answer, code, time.perf_counter() - started)


def started(container: ImageFileSystem) -> list[str]:
    """Start what the image starts by itself and return what came of it, for people; nothing if it is nothing.

    Raises ReleaseError if it is a web process and does not answer at $PORT.
    """
    name = container.image.default_process
    process = container.image.process(name)
    if process is None:
        return []
    command = f"$ {shlex.join(container.command(name))}"
    if name not in _WEB:
        return [command, f"Not started: {name} is no process that answers."]
    seen = visit(container, name)
    code = seen.code if seen.code >= 0 else 128 - seen.code  # as a shell says that a signal ended it
    text = container_paths(seen.answer.text, container.workspace)[:_SHOWN_OF_PAGE]
    return [
        command,
        f"GET / -> {seen.answer.status} after {duration(seen.answer.seconds)}: {text}",
        f"SIGTERM -> ended with code {code} after {duration(seen.seconds)}",
    ]


def _as_line(text: str) -> str:
    """Return the visible text of a page on one line, cut when it is long."""
    visible = re.sub(r"<[^>]*>", " ", re.sub(r"(?s)<title>.*?</title>", " ", text))
    return " ".join(visible.split())[:_SHOWN]
