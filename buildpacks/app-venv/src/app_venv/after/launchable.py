"""What must hold for the environment to work in the app image, at the same place but without the build."""

from __future__ import annotations

import os
import shlex
import stat
from typing import TYPE_CHECKING

from app_venv.environment.records import correct_record
from buildpack_common.files import write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from app_venv.environment.installed import InstalledDistribution

_LONGEST = 127  # bytes of a first line that every Linux reads (before 5.1; 255 since): as pip has it
_SHEBANG = b"#!"


def make_scripts_start(venv: Path, distributions: Iterable[InstalledDistribution]) -> tuple[str, ...]:
    """Write a first line that the kernel can read into scripts; return the names of those that cannot start.

    pip does so for entry points, but not for scripts that a wheel brings along (``#!python``): a blank in the
    path, or a long one, would make them fail. The records of the distributions are corrected.
    """
    failing = []
    changed = {}
    for script in sorted((venv / "bin").iterdir()):
        line = _first_line(script)
        program = os.fsdecode(line[len(_SHEBANG) :].strip())
        if program.startswith(f"{venv}/bin/python") and os.path.lexists(program):
            if len(line) > _LONGEST or " " in program:
                changed[script] = _rewrite(script, line, program)
        elif program.startswith("/") and not os.path.exists(program.split()[0]):  # noqa: PTH110  (text)
            failing.append(script.name)
    if changed:
        for one in distributions:
            correct_record(one, changed)
    return tuple(failing)


def outside(distributions: Iterable[InstalledDistribution], places: Sequence[Path]) -> Iterator[str]:
    """Yield a sentence for each editable installation that lies in none of ``places``."""
    for one in distributions:
        directory = one.editable_directory()
        if directory and not any(_within(directory, place) for place in places):
            yield f"{one.label} is imported from {directory}"


def _within(directory: str, place: Path) -> bool:
    return f"{os.path.realpath(directory)}/".startswith(f"{os.path.realpath(place)}/")


def _first_line(script: Path) -> bytes:
    """Return the first line of a script, or nothing if it is something else."""
    if script.is_symlink() or not script.is_file():
        return b""
    with script.open("rb") as file:
        return file.readline() if file.read(2) == _SHEBANG and not file.seek(0) else b""


def _rewrite(script: Path, line: bytes, program: str) -> bytes:
    """Let sh start Python: to sh these are a command and a text never reached, to Python two texts."""
    head = f"#!/bin/sh\n'''exec' {shlex.quote(program)} \"$0\" \"$@\"\n' '''\n"
    content = os.fsencode(head) + script.read_bytes()[len(line) :]
    mode = stat.S_IMODE(script.stat().st_mode)
    write_atomically(script, content)
    script.chmod(mode)
    return content
