from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from unit.buildpack_api.example_buildpack import PACKAGE


def test_shellcheck_finds_nothing() -> None:
    # Of the dependency group, so that every machine has the same one.
    shellcheck = Path(sys.executable).with_name("shellcheck")
    subprocess.run([shellcheck, "--shell=sh", *sorted((PACKAGE / "share/bin").iterdir())], check=True)
