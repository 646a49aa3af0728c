"""Running commands and measuring them, in turn, so that the machine's noise meets all alike."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_release.errors import ReleaseError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

_SHOWN = 2000

# Starts a command from a process that is small itself: the kernel counts what the starting process had in
# memory as the peak of the started one.
_PEAK = """
import json, os, resource, subprocess, sys
code = subprocess.call(sys.argv[2:], stdin=subprocess.DEVNULL)
with open(sys.argv[1], "w") as file:
    json.dump([code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024], file)
"""


class RunFailed(ReleaseError):  # noqa: N818 (as the others of the project)
    """A command that is measured has failed: its figure would mean nothing."""


@dataclass(frozen=True)
class Sample:
    """One run, in seconds: wall time, and processor time (user and system) with all descendants."""

    wall: float
    cpu: float


@dataclass(frozen=True)
class Side:
    """One of the things compared: `prepare` is not measured, `act` is."""

    act: Callable[[], Sample]
    prepare: Callable[[], object] = lambda: None


def run(
    command: Sequence[str | os.PathLike[str]],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    user: int | None = None,
) -> Sample:
    """Run a command to its end and measure it. Raises RunFailed, with the end of its output."""
    with tempfile.TemporaryFile() as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, env=env, cwd=cwd, user=user, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            raise _failed(command, process.returncode, output.read())
    return Sample(wall, usage.ru_utime + usage.ru_stime)


def total(*samples: Sample) -> Sample:
    """Add up what several commands took that do one job together."""
    return Sample(sum(one.wall for one in samples), sum(one.cpu for one in samples))


def peak_memory(
    command: Sequence[str | os.PathLike[str]],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> int:
    """Run a command and return its largest resident size in bytes, or that of its largest descendant.

    Raises RunFailed.
    """
    with tempfile.NamedTemporaryFile() as report, tempfile.TemporaryFile() as output:
        starter = [sys.executable, "-I", "-S", "-c", _PEAK, report.name, *command]
        done = subprocess.run(
            starter, env=env, cwd=cwd, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False
        )
        code, peak = json.load(report) if done.returncode == 0 else (done.returncode, 0)
        if code:
            output.seek(0)
            raise _failed(command, code, output.read())
    return int(peak)


def alternate(sides: Mapping[str, Side], rounds: int, *, warm_up: bool = False) -> dict[str, list[Sample]]:
    """Run all sides once in every round, each round beginning with another one.

    With warm_up one more round comes first that does not count: for what is so short that the first access to
    its files would be the result.
    """
    names = list(sides)
    samples: dict[str, list[Sample]] = {name: [] for name in names}
    for number in range(-1 if warm_up else 0, rounds):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            sides[name].prepare()
            sample = sides[name].act()
            if number >= 0:
                samples[name].append(sample)
    return samples


def _failed(command: Sequence[str | os.PathLike[str]], code: int, output: bytes) -> RunFailed:
    shown = " ".join(os.fspath(part) for part in command[:6])
    said = output.decode("utf-8", "replace").strip()[-_SHOWN:]
    return RunFailed(f"{shown} ended with {code}", detail=said)
