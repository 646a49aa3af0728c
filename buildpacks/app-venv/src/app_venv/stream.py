"""Running a program whose output people shall see at once and whose last words are needed afterwards."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections import deque
from typing import TYPE_CHECKING

from buildpack_api.errors import CommandFailed
from buildpack_api.redact import redact

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

_KEPT_LINES = 400
_PATIENCE = 10.0  # seconds a child gets to end after SIGTERM


def run_with_tail(command: Sequence[str], *, env: Mapping[str, str], cwd: Path) -> tuple[int, str]:
    """Run ``command``, pass both of its streams on to stdout, and return its exit code and last lines.

    The code is negative for a signal; credentials in URLs are replaced. Raises CommandFailed if
    the program cannot be started.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        process = subprocess.Popen(
            command, env=dict(env), cwd=cwd,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, encoding="utf-8", errors="replace",
        )  # fmt: skip
    except OSError as error:
        raise CommandFailed(
            f"Cannot run {command[0]}: {error.strerror}", command=tuple(command), returncode=127
        ) from error
    with _ended_with_us(process):
        tail = _pass_on(process)
        return process.wait(), "".join(tail)


def _pass_on(process: subprocess.Popen[str]) -> deque[str]:
    tail: deque[str] = deque(maxlen=_KEPT_LINES)
    for line in process.stdout or ():
        text = redact(line)
        sys.stdout.write(text)
        sys.stdout.flush()
        tail.append(text)
    return tail


@contextlib.contextmanager
def _ended_with_us(process: subprocess.Popen[str]) -> Iterator[None]:
    try:
        yield
    except BaseException:
        process.terminate()
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        raise
