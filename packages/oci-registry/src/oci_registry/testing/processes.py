"""Servers that a test starts: kept in a process group of their own, waited for, stopped, their log kept."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from oci_registry.errors import ExpectedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

_STOP_SECONDS = 10


@contextmanager
def server(
    command: Sequence[str | os.PathLike[str]],
    *,
    environment: Mapping[str, str],
    log: Path,
    ready: Callable[[], bool],
    seconds: float = 30,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server until the block is left; entered when ready(). Raises ExpectedError with the log's end."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait(process, ready, seconds, log)
        yield process
    finally:
        _stop(process)


def _wait(process: subprocess.Popen[bytes], ready: Callable[[], bool], seconds: float, log: Path) -> None:
    end = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None:
            _fail(process, f"ended with {process.returncode} instead of serving", log)
        if time.monotonic() > end:
            _fail(process, f"was not ready after {seconds:.0f} s", log)
        time.sleep(0.05)


def _fail(process: subprocess.Popen[bytes], what: str, log: Path) -> None:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    arguments = process.args if isinstance(process.args, (list, tuple)) else [process.args]
    raise ExpectedError(
        f"{arguments[0]!s} {what}", detail="\n".join(lines[-12:]), advice=f"Its log is {log}."
    )


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ask nicely, then kill the whole group: nothing of ours stays behind."""
    if process.poll() is None:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(_STOP_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
