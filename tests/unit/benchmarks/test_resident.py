"""The memory of a program that runs somewhere on this machine."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.resident import in_mountinfo, resident

LARGE, LARGER = 60_000_000, 120_000_000
# Takes memory and gives it back, starts what its input tells, says that it has, and waits.
PROGRAM = """
import json, subprocess, sys
command = json.loads(sys.stdin.readline())
held = b"x" * int(sys.argv[1])
del held
if command:
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    child.stdin.write(b"[]\\n")
    child.stdin.flush()
    child.stdout.readline()
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize(("beside", "least"), [("no such process", LARGER), ("the-installer", LARGE)])
def test_the_peaks_of_all_processes_count_but_for_what_is_left_out(
    tmp_path: Path, beside: str, least: int
) -> None:
    """Also what was given back; an installer that the program starts counts only where that is asked for."""
    ours, other = tmp_path / "ours.py", tmp_path / "the-installer.py"
    for file in (ours, other):
        file.write_text(PROGRAM)
    command = [sys.executable, str(ours), str(LARGE)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps([sys.executable, str(other), str(LARGER)]).encode() + b"\n")
        process.stdin.flush()
        process.stdout.readline()
        with resident(str(ours), Path("/"), beside) as peaks:
            pass
        process.communicate()
    size, _ = peaks.largest
    assert least < size < least + LARGE


def test_nothing_is_seen_of_what_runs_elsewhere(tmp_path: Path) -> None:
    """The same program in somebody else's build is not ours."""
    with resident(sys.executable, tmp_path / "mounted nowhere", "-") as peaks:
        pass
    assert not peaks.found


def test_a_directory_is_named_from_the_root_of_its_file_system() -> None:
    """A temporary directory is often on a file system of its own; the kernel names no path of this one."""
    assert in_mountinfo(Path("/proc/self a")) == r"/self\040a"
    assert in_mountinfo(Path("/nowhere/else")) == "/nowhere/else"
    assert in_mountinfo(Path("/")) == "/"
