"""Running code as a user for whom modes count: root may read and write everything."""

from __future__ import annotations

import subprocess
import sys

_NOBODY = 65534


def run_as_ordinary_user(imports: str, program: str, *arguments: str) -> str:
    """Run Python code and return what it prints; ``imports`` are done before root's rights are given up.

    They have to load all that is used: nobody may read the home directory that Python may lie in.
    """
    become = f"import os\nif os.geteuid() == 0:\n    os.setgid({_NOBODY})\n    os.setuid({_NOBODY})\n"
    text = f"import sys\nsys.path[:] = {sys.path!r}\n{imports}\n{become}\n{program}"
    done = subprocess.run(
        [sys.executable, "-B", "-c", text, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
