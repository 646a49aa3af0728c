"""The unit tests' properties hold for many examples that no ordinary run tries."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_properties_hold_for_new_examples() -> None:
    """An ordinary run tries the same few examples every time, so it cannot find a rare one that fails."""
    env = os.environ | {"STRATA_HYPOTHESIS_PROFILE": "explore"}
    command = [sys.executable, "-m", "pytest", "-q", "-m", "hypothesis", "tests/unit"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-10000:]
