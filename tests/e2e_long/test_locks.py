"""The locks are what their command makes, and fit every Python and system that maintainers work with."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from support.packaging import environment

ROOT = Path(__file__).parents[2]
PYTHONS = ("3.10", "3.11", "3.12", "3.13", "3.14")
SYSTEMS = ("x86_64-manylinux_2_28", "aarch64-manylinux_2_28", "aarch64-apple-darwin")
OLDER_MAC = "x86_64-apple-darwin"  # no longer everything that tests need has wheels for it


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("locks") / "a checkout"
    subprocess.run(["git", "clone", "--quiet", ROOT, root], check=True)
    return root


def run(*command: str | Path, cwd: Path, **env: str) -> str:
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, env=environment(**env), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_the_session_changes_nothing_that_fits(clone: Path) -> None:
    said = run(clone / "scripts/nox", "-s", "lock", cwd=clone)
    assert "nothing has changed" in said
    assert run("git", "status", "--short", cwd=clone) == ""


def test_uv_sets_up_the_same(clone: Path) -> None:
    """The uv of the lock, whatever it is told about digests and archives."""
    uv = str(clone / ".nox/lock/bin/uv")
    for made in clone.glob(".venvs/current/.strata"):
        made.unlink()
    said = run(clone / "scripts/inv", "list", cwd=clone, UV=uv, UV_NO_BINARY="1", UV_NO_VERIFY_HASHES="1")
    assert "scripts: setting up .venv" in said
    assert "trying pip" not in said


@pytest.mark.parametrize("python", PYTHONS)
def test_there_are_wheels_for_maintainers(clone: Path, tmp_path: Path, python: str) -> None:
    """On linux and macOS, for what handles secrets and for what checks a change."""
    uv = clone / ".nox/lock/bin/uv"
    options = ("--dry-run", "--require-hashes", "--only-binary", ":all:", "--target", tmp_path)
    for system in (*SYSTEMS, OLDER_MAC):
        of_system = ("--python-platform", system, "--python-version", python)
        for group in ("maintain", "lint") if system == OLDER_MAC else ("maintain", "lint", "types", "tests"):
            run(uv, "pip", "install", *options, *of_system, "-r", f"locks/{group}.txt", cwd=clone)
