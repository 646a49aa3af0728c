"""A web app's server: its command, its first answer, its end."""

from __future__ import annotations

import re
import socket
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_release.errors import ReleaseError
from buildpack_testing.launched_process import stop

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from buildpack_testing.launched_process import ImageFileSystem

_PATIENCE = 30.0
_SERVER_ERROR = 500
_SHOWN = 300


@dataclass(frozen=True)
class PageAnswer:
    """What a server answered: status, visible text (cut), seconds from its start to the answer."""

    status: int
    text: str
    seconds: float


def web_command(app: Path) -> str | None:
    """Return the web process of the app's Procfile, if there is one."""
    try:
        text = (app / "Procfile").read_text("utf-8", "replace")
    except FileNotFoundError:
        return None
    found = re.search(r"^web:[ \t]*(\S.*)$", text, re.MULTILINE)
    return found[1].strip() if found else None


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


def visit(container: ImageFileSystem, command: str) -> Visit:
    """Start a shell command that serves at 127.0.0.1:$PORT in the image, ask for /, and stop it with SIGTERM.

    Raises ReleaseError, with what the server printed, when it does not answer or fails.
    """
    url = f"http://127.0.0.1:{container.variables['PORT']}/"
    line = ["/bin/sh", "-c", f"exec {command}"]
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as log,
        container.start(line, output=log) as process,
    ):
        try:
            answer = fetch(url, process)
        except ReleaseError as error:
            log.seek(0)
            raise ReleaseError(error.title, detail=log.read()[-4000:]) from error
        started = time.perf_counter()
        code = stop(process)
        return Visit(answer, code, time.perf_counter() - started)


def _as_line(text: str) -> str:
    """Return the visible text of a page on one line, cut when it is long."""
    visible = re.sub(r"<[^>]*>", " ", re.sub(r"(?s)<title>.*?</title>", " ", text))
    return " ".join(visible.split())[:_SHOWN]
