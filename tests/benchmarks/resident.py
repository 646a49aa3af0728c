"""How much memory a buildpack's program has at most, looked at while it runs in a container."""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_PROC = Path("/proc")
_PAUSE = 0.02


@dataclass
class ResidentPeaks:
    """The largest resident size of each process that was seen, in bytes, and what it was started as."""

    found: dict[int, tuple[int, str]] = field(default_factory=dict)

    @property
    def largest(self) -> tuple[int, str]:
        """The largest of all. Raises ValueError if nothing was seen."""
        return max(self.found.values())


@contextmanager
def resident(program: str, mounted: Path, beside: str) -> Iterator[ResidentPeaks]:
    """Look at a program and all that it starts until the block is left, as often as costs little.

    Its command line contains program, and it sees the directory mounted, so that it is not somebody else's.
    Processes with beside in their command line, and what these start, do not count. The kernel keeps the
    peak of each process: only what one takes in its last moments is missed.
    """
    peaks, end = ResidentPeaks(), threading.Event()

    escaped = in_mountinfo(mounted)

    def look() -> None:
        _look(peaks, program.encode(), escaped, beside.encode())

    def watch() -> None:
        while not end.wait(_PAUSE):
            look()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield peaks
    finally:
        end.set()
        thread.join()
        look()


def in_mountinfo(directory: Path) -> str:
    """Return how it is named where it is mounted somewhere else: from its file system's root, and escaped."""
    mount = next(one for one in (directory, *directory.parents) if one.is_mount())
    return str("/" / directory.relative_to(mount)).replace(" ", r"\040")  # proc_pid_mountinfo(5)


def _look(peaks: ResidentPeaks, program: bytes, mounted: str, beside: bytes) -> None:
    parents = {int(one.name): _parent(one) for one in _PROC.iterdir() if one.name.isdigit()}
    lines = {pid: _read(pid, "cmdline") for pid in parents}
    left_out = {pid for pid, line in lines.items() if beside in line}
    found = {pid for pid, line in lines.items() if program in line} - left_out
    roots = {pid for pid in found if mounted in _text(pid, "mountinfo")}
    for pid, line in lines.items():
        above = _line_of_descent(pid, parents)
        if roots.intersection(above) and not left_out.intersection(above):
            size = _peak(_text(pid, "status"))
            said = " ".join(line.replace(b"\0", b" ").decode(errors="replace").split())
            peaks.found[pid] = max(peaks.found.get(pid, (0, "")), (size, said))


def _line_of_descent(pid: int, parents: Mapping[int, int]) -> list[int]:
    """Return a process and all those that it comes from."""
    found = [pid]
    while (parent := parents.get(found[-1], 0)) and parent not in found:
        found.append(parent)
    return found


def _parent(process: Path) -> int:
    """Return the parent of a process; 0 if it has ended meanwhile."""
    stat = _text(int(process.name), "stat")
    return int(stat.rpartition(")")[2].split()[1]) if stat else 0


def _peak(status: str) -> int:
    sizes = (line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(next(sizes, "0")) * 1024


def _text(pid: int, name: str) -> str:
    return _read(pid, name).decode(errors="replace")


def _read(pid: int, name: str) -> bytes:
    with suppress(OSError):  # it may end at any moment
        return (_PROC / str(pid) / name).read_bytes()
    return b""
