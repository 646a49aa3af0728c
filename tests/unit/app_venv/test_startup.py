"""What a build loads before it knows that there is anything to do: half of the time of a reused layer."""

from __future__ import annotations

import subprocess
import sys

import pytest

# Each is for some builds only, and loaded by them.
LATER = [
    "app_venv.environment.checkouts",
    "app_venv.after.collectstatic",
    "app_venv.after.dependencies",
    "app_venv.failures",
    "app_venv.inputs.locks",
    "app_venv.inputs.missing",
    "app_venv.inputs.project",
    "app_venv.inputs.project_table",
    "app_venv.inputs.markers",
    "app_venv.inputs.requirement_options",
    "app_venv.installers.pip.hint",
    "app_venv.installers.pip.index_answers",
    "app_venv.environment.installed",
    "app_venv.after.launchable",
    "app_venv.after.leaks",
    "app_venv.environment.records",
    "app_venv.after.sbom",
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


def loaded_by(statements: str) -> set[str]:
    program = f"import sys; sys.path[:] = {sys.path!r}; {statements}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], capture_output=True, check=True, text=True
    )
    return set(done.stdout.split())


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    return loaded_by("import app_venv.build, app_venv.installers.pip.strategy")


@pytest.mark.parametrize("module", LATER)
def test_only_what_every_build_needs_is_loaded_at_once(module: str, loaded: set[str]) -> None:
    assert "app_venv.evidence.reuse" in loaded
    assert module not in loaded


def test_there_are_not_many_of_them(loaded: set[str]) -> None:
    """Each is a file to be found, read and run: a new room has to be worth that to every build."""
    assert len([name for name in loaded if name.partition(".")[0] == "app_venv"]) <= 34


@pytest.mark.parametrize(
    ("statements", "later"),
    [
        # An environment with links into layers, reused.
        ("import app_venv.heavy.heavy_layers", {"app_venv.heavy.heavy_files", "configparser", "csv"}),
        # A lock file names hundreds of addresses.
        (
            "from buildpack_common.known_secrets import address_secrets; address_secrets('http://a/b#c', '')",
            {"urllib.parse"},
        ),
    ],
)
def test_nor_what_few_builds_need(statements: str, later: set[str]) -> None:
    assert not later & loaded_by(statements)
