"""The README of the package is kept true."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import buildpack_common

HOME = Path(buildpack_common.__file__).parent
MODULES = sorted(path.stem for path in HOME.glob("*.py") if path.stem != "__init__")


def test_every_module_is_in_the_table() -> None:
    rows = [
        line.split("|")[1]
        for line in (HOME.parents[1] / "README.md").read_text().splitlines()
        if "| `" in line
    ]
    assert sorted(re.findall(r"`(\w+)`", " ".join(rows))) == MODULES


@pytest.mark.parametrize("module", MODULES)
def test_a_running_buildpack_can_import_every_module(module: str) -> None:
    """It has the standard library and nothing else."""
    program = f"import sys; sys.path.insert(0, {str(HOME.parent)!r}); import buildpack_common.{module}"
    subprocess.run([sys.executable, "-I", "-S", "-c", program], check=True)
