"""Running commands and measuring them, in turn, so that the machine's noise meets all alike."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_release.errors import ReleaseError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

_SHOWN = 2000

# Starts a command from a process that is small itself, since the kernel counts what the starting process had
# in memory as the peak of the started one; and waits for what the command leaves behind: compileall's workers
# are not its children but those of a server that ends a moment later.
_STARTER = """
import ctypes, json, os, resource, subprocess, sys, time
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER: orphans become ours
report, user, command = sys.argv[1], sys.argv[2], sys.argv[3:]
started = time.perf_counter()
process = subprocess.Popen(command, stdin=subprocess.DEVNULL, user=int(user) if user else None)
_, status, _ = os.wait4(process.pid, 0)
wall = time.perf_counter() - started
try:
    while os.waitpid(-1, os.WNOHANG) != (0, 0) or time.perf_counter() < started + wall + 5:
        time.sleep(0.001)
except ChildProcessError:
    pass
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
with open(report, "w") as file:
    code = os.waitstatus_to_exitcode(status)
    json.dump([code, wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024], file)
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
    return run_with_output(command, env=env, cwd=cwd, user=user)[0]


def run_with_output(
    command: Sequence[str | os.PathLike[str]],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    user: int | None = None,
) -> tuple[Sample, str]:
    """Run a command; return what it took, and what it printed on both streams. Raises RunFailed."""
    wall, cpu, _, output = _measured(command, env=env, cwd=cwd, user=user)
    return Sample(wall, cpu), output


def total(*samples: Sample) -> Sample:
    """Add up what several commands took that do one job together."""
    return Sample(sum(one.wall for one in samples), sum(one.cpu for one in samples))


def beyond(samples: Sequence[Sample], start: Sequence[Sample]) -> list[Sample]:
    """Return what runs took beyond others of the same rounds, such as those of a program that only starts."""
    pairs = zip(samples, start, strict=True)
    return [Sample(max(one.wall - less.wall, 0.0), max(one.cpu - less.cpu, 0.0)) for one, less in pairs]


def peak_memory(
    command: Sequence[str | os.PathLike[str]],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> int:
    """Run a command and return its largest resident size in bytes, or that of its largest descendant.

    Raises RunFailed.
    """
    return run_with_peak(command, env=env, cwd=cwd)[1]


def run_with_peak(
    command: Sequence[str | os.PathLike[str]],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> tuple[Sample, int]:
    """Run a command; return what it took, and its peak memory as above. Raises RunFailed."""
    wall, cpu, peak, _ = _measured(command, env=env, cwd=cwd)
    return Sample(wall, cpu), int(peak)


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


def _measured(
    command: Sequence[str | os.PathLike[str]],
    *,
    env: Mapping[str, str] | None,
    cwd: Path | None,
    user: int | None = None,
) -> tuple[float, float, float, str]:
    """Return wall time, processor time (seconds), peak memory (bytes) and output. Raises RunFailed."""
    with tempfile.NamedTemporaryFile() as report, tempfile.TemporaryFile() as output:
        starter = [sys.executable, "-I", "-S", "-c", _STARTER, report.name, "" if user is None else str(user)]
        done = subprocess.run(
            [*starter, *command],
            env=env,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            check=False,
        )
        code, *figures = json.load(report) if done.returncode == 0 else (done.returncode, 0.0, 0.0, 0.0)
        output.seek(0)
        said = output.read().decode("utf-8", "replace")
    if code:
        shown = " ".join(os.fspath(part) for part in command[:6])
        raise RunFailed(f"{shown} ended with {code}", detail=said.strip()[-_SHOWN:])
    wall, cpu, peak = figures
    return wall, cpu, peak, said
