from __future__ import annotations

import shutil
import subprocess

import pytest

from unit.buildpack_api.example_buildpack import PACKAGE


def test_shellcheck_finds_nothing() -> None:
    shellcheck = shutil.which("shellcheck")
    if shellcheck is None:
        pytest.skip("shellcheck is not installed")
    subprocess.run([shellcheck, "--shell=sh", *sorted((PACKAGE / "share/bin").iterdir())], check=True)
