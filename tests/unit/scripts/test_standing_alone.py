"""scripts/install-cnb-tools runs before there is any environment: it may need nothing but Python itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / "scripts" / "install-cnb-tools"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [(["--help"], "usage: install-cnb-tools"), (["--print-dir"], "/")],
    ids=["help", "directory"],
)
def test_the_cnb_tools_are_installed_without_an_environment(
    arguments: list[str], expected: str, tmp_path: Path
) -> None:
    """Continuous integration begins with it: a library missing from its path would end every run at once."""
    result = subprocess.run(
        [sys.executable, "-I", "-S", str(SCRIPT), *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert expected in result.stdout
    assert not result.stderr
