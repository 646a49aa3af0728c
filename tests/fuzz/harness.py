"""Running cases, and what must hold for every one of them.

- It ends with an answer, or with an error that people are meant to read: never with a traceback.
- Nothing is written, made, removed or started outside of the case's own folder, and no link in it leads out.
- Memory and processor time are bounded: neither grows with the case beyond what is said here.
- The same bytes get the same answer.
"""

from __future__ import annotations

import os
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from fuzz.mutation import make_case, random_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from fuzz.targets.common import Target

SECONDS = 10.0
"""Processor time that one reading of a case may take."""
MEMORY = 512 << 20
"""What a process may need beyond what it had when its first case began, in bytes."""
_MEMORY_DISK = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # a disk would be waited for
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGES = {
    *("os.mkdir", "os.remove", "os.rmdir", "os.truncate", "os.chmod", "os.chown", "os.utime", "os.setxattr"),
}
_TWO_PATHS = {"os.rename", "os.link", "os.symlink"}
_STARTS = {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.forkpty"}


@dataclass(frozen=True)
class Violation:
    """What should not be, and the number of the case."""

    number: int
    what: str


@dataclass
class Outcome:
    """What came of some cases."""

    target: str
    cases: int = 0
    refused: int = 0
    seconds: float = 0.0
    growth: int = 0
    violations: list[Violation] = field(default_factory=list)


class _TooLongError(BaseException):
    """The processor time of a case is over. It is nobody's Exception, so nobody catches it."""


class _Guard:
    """Notes what happens outside of a folder; an audit hook cannot be taken away, so there is one for all."""

    def __init__(self) -> None:
        self.place = ""
        self.may_start = False
        self.seen: list[str] = []
        sys.addaudithook(self._hook)

    @contextmanager
    def watching(self, place: Path, *, may_start: bool) -> Iterator[list[str]]:
        self.seen, self.may_start, self.place = [], may_start, os.path.realpath(place)
        try:
            yield self.seen
        finally:
            self.place = ""

    def _hook(self, event: str, arguments: tuple[object, ...]) -> None:
        if not self.place:
            return
        if event == "open":
            path, mode, flags = arguments
            if isinstance(flags, int) and flags & _WRITES and not (isinstance(mode, str) and mode == "r"):
                self._look(event, path)
        elif event in ("os.remove", "os.rmdir"):
            self._look(event, _beside(*arguments))
        elif event in _CHANGES:
            self._look(event, arguments[0])
        elif event in _TWO_PATHS:
            self._look(event, arguments[1])
            if event == "os.rename":
                self._look(event, arguments[0])
        elif event in _STARTS and not self.may_start:
            self.seen.append(f"{event}: {arguments[0]!r}")

    def _look(self, event: str, path: object) -> None:
        if not isinstance(path, (str, bytes, os.PathLike)):
            return  # an open file: it was looked at when it was opened
        name = os.fsdecode(path)
        # The entry itself is what changes, not what it may lead to.
        real = os.path.join(os.path.realpath(os.path.dirname(name)), os.path.basename(name))  # noqa: PTH118, PTH119, PTH120
        if real != os.devnull and os.path.commonpath([self.place, real]) != self.place:
            self.seen.append(f"{event} outside of the folder: {name!r}")


def _beside(path: object, directory: object) -> object:
    """Return a path that is relative to an open directory, as trees are removed, from the root."""
    if not isinstance(path, str) or not isinstance(directory, int) or directory < 0:
        return path
    return os.path.join(os.readlink(f"/proc/self/fd/{directory}"), path)  # noqa: PTH115, PTH118  (text)


_GUARD: list[_Guard] = []


def run(target: Target, cases: int, *, first: int = 0, stop_after: int = 5) -> Outcome:
    """Run cases, and return what came of them. After so many violations it stops."""
    if not _GUARD:
        _GUARD.append(_Guard())
    outcome = Outcome(target.name)
    signal.signal(signal.SIGVTALRM, _too_long)
    began, before = time.process_time(), _peak()
    with _limited_memory(), tempfile.TemporaryDirectory(prefix="fuzz-", dir=_MEMORY_DISK) as folder:
        for number in range(first, first + cases):
            outcome.cases += 1
            what = _violation(target, number, Path(os.path.realpath(folder)), outcome)
            if what:
                outcome.violations.append(Violation(number, what))
                if len(outcome.violations) >= stop_after:
                    break
    outcome.seconds, outcome.growth = time.process_time() - began, _peak() - before
    if outcome.growth > MEMORY:
        outcome.violations.append(Violation(-1, f"memory has grown by {outcome.growth >> 20} MiB"))
    return outcome


def _violation(target: Target, number: int, folder: Path, outcome: Outcome) -> str:
    answers = []
    is_refused = False
    for _ in range(2):
        place = folder / "place"
        place.mkdir()
        try:
            with _GUARD[0].watching(place, may_start=target.starts_programs) as seen:
                answer, is_refused, fault = _read(target, number, place)
            if not fault and seen:
                fault = "; ".join(seen[:3])
            fault = fault or _left_outside(folder)
        finally:
            shutil.rmtree(place)
        if fault:
            return fault
        answers.append(answer)
    outcome.refused += is_refused
    return "" if answers[0] == answers[1] else f"two answers: {answers[0]!r:.600} and {answers[1]!r:.600}"


def _read(target: Target, number: int, place: Path) -> tuple[object, bool, str]:
    """Return the answer, whether the case was refused, and what is wrong with that."""
    files = make_case(target.name, number, target.seeds, target.tokens)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        return target.answer(files, place, random_of(target.name, number)), False, ""
    except target.expected as error:
        return _told(error, place), True, ""
    except _TooLongError:
        return None, False, f"it takes more than {SECONDS:.0f} s\n{traceback.format_exc(limit=-3)}"
    except Exception:  # noqa: BLE001  (this is what is looked for)
        return None, False, traceback.format_exc(limit=-12)
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def _told(error: BaseException, place: Path) -> str:
    """Return what people are told, which does not depend on where they are."""
    parts = (getattr(error, "title", ""), getattr(error, "detail", ""), getattr(error, "advice", ""))
    text = "\n".join(str(one) for one in (type(error).__name__, *parts) if one) or str(error)
    return re.sub(re.escape(str(place)), "PLACE", text)


def _left_outside(folder: Path) -> str:
    """Say what lies beside the case's folder, and which links in it lead out."""
    beside = sorted(one.name for one in folder.iterdir() if one.name != "place")
    if beside:
        return f"left outside of the folder: {beside}"
    root = str(folder / "place")
    for where, folders, names in os.walk(root):
        for name in (*folders, *names):
            path = os.path.join(where, name)  # noqa: PTH118
            if Path(path).is_symlink() and os.path.commonpath([root, os.path.realpath(path)]) != root:
                return f"{path!r} leads out of the folder"
    return ""


def _too_long(number: int, frame: FrameType | None) -> None:
    raise _TooLongError


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@contextmanager
def _limited_memory() -> Iterator[None]:
    """Let a case that asks for much more memory fail, instead of the machine."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    limit = pages * resource.getpagesize() + 2 * MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
