"""Fuzzing in a process of its own, whose memory and time are measured and limited."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run_fuzz(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command `fuzz` with the Python of this test."""
    folders = (*sorted(ROOT.glob("packages/*/src")), *sorted(ROOT.glob("buildpacks/*/src")), ROOT / "tests")
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, folders))}
    command = [sys.executable, "-m", "fuzz", *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)
