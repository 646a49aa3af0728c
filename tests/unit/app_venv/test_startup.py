"""What a build loads before it knows that there is anything to do: half of the time of a reused layer."""

from __future__ import annotations

import subprocess
import sys

import pytest

# Each is for some builds only, and loaded by them.
LATER = [
    "app_venv.checkouts",
    "app_venv.collectstatic",
    "app_venv.dependencies",
    "app_venv.failures",
    "app_venv.inputs.locks",
    "app_venv.inputs.missing",
    "app_venv.inputs.project",
    "app_venv.inputs.project_table",
    "app_venv.inputs.requirement_options",
    "app_venv.installed",
    "app_venv.launchable",
    "app_venv.leaks",
    "app_venv.records",
    "app_venv.sbom",
    "buildpack_api.bytecode",
    "buildpack_api.secret_search",
    "configparser",
    "json",
    "optparse",
    "packaging",
    "shlex",
    "shutil",
    "subprocess",
    "tempfile",
    "textwrap",
    "tomli_w",
]


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    program = f"import sys; sys.path[:] = {sys.path!r}; import app_venv.build; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], capture_output=True, check=True, text=True
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("module", LATER)
def test_only_what_every_build_needs_is_loaded_at_once(module: str, loaded: set[str]) -> None:
    assert "app_venv.reuse" in loaded
    assert module not in loaded
