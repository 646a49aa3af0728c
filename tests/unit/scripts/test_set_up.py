"""scripts/set_up.py on machines that have less than this one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[3] / "scripts"
ASK = """
import sys
sys.path.insert(0, sys.argv[1])
import environments, set_up
print(set_up._has_pip())
environments._vendored("packaging.markers")
print(set_up._has_pip(), any(place.endswith(".whl") for place in sys.path))
"""


def test_what_pip_carries_is_no_pip_of_the_python() -> None:
    """Debian's python3-venv brings a wheel of pip and no pip: what reads requirements puts it on the path."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", ASK, str(SCRIPTS)], capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["False", "False", "True"], done.stderr
