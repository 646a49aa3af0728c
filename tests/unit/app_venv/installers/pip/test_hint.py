"""The command that stands in for pip: plain sh, right with odd paths, and never in the way of a real pip."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from app_venv.installers.pip.hint import hint_script, offer_pip
from app_venv.program import Program

ODD = "a 'b' $HOME \"c\""
SHELLS = [shell for shell in ("/bin/dash", "/bin/bash", "/bin/sh") if Path(shell).exists()]


@pytest.fixture
def pip(tmp_path: Path) -> Program:
    """A pip that tells what it was asked, in a directory with an odd name."""
    base = tmp_path / ODD
    (base / "site/pip").mkdir(parents=True)
    (base / "site/pip-1.0.dist-info").mkdir()
    program = base / "pip"
    program.write_text('#!/bin/sh\necho "$PIP_PYTHON"\nfor one in "$@"; do echo "$one"; done\n')
    program.chmod(0o755)
    return Program((str(program),), "1.0", base / "site")


@pytest.fixture
def venv(tmp_path: Path) -> Path:
    venv = tmp_path / "venv of the app"
    (venv / "bin").mkdir(parents=True)
    (venv / "lib").mkdir()
    return venv


def run(
    script: Path, *arguments: str, shell: str = "/bin/sh", **env: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run([shell, script, *arguments], env=env, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("shell", SHELLS)
def test_while_pip_is_there_it_is_run_for_the_environment(pip: Program, venv: Path, shell: str) -> None:
    assert offer_pip(pip, venv, venv / "lib")
    ended = run(venv / "bin/pip", "install", "a b", shell=shell)
    assert ended.stdout.splitlines() == [str(venv), "install", "a b"]
    assert run(venv / "bin/pip3", PIP_PYTHON="/other").stdout == "/other\n"


@pytest.mark.parametrize("shell", SHELLS)
def test_without_pip_it_explains_with_builtins_only(pip: Program, venv: Path, shell: str) -> None:
    offer_pip(pip, venv, venv / "lib")
    Path(pip.command[0]).unlink()
    ended = run(venv / "bin/pip", "install", shell=shell, PATH="/nowhere")
    assert (ended.returncode, ended.stdout) == (127, "")
    assert "python -m ensurepip --default-pip" in ended.stderr


def test_a_program_without_its_package_is_no_pip(pip: Program, venv: Path) -> None:
    """A Python that was there for pip may remain when pip is gone."""
    offer_pip(pip, venv, venv / "lib")
    (pip.site_packages / "pip").rmdir()
    assert run(venv / "bin/pip").returncode == 127


def test_the_path_file_names_a_directory_with_nothing_but_pip(pip: Program, venv: Path) -> None:
    offer_pip(pip, venv, venv / "lib")
    (file,) = (venv / "lib").glob("*.pth")
    assert file.read_text() == f"{pip.site_packages}\n"


def test_a_directory_with_more_than_pip_is_not_shown_to_the_app(pip: Program, venv: Path) -> None:
    (pip.site_packages / "requests").mkdir()
    offer_pip(pip, venv, venv / "lib")
    assert not list((venv / "lib").glob("*.pth"))
    assert (venv / "bin/pip").exists()


def test_the_apps_own_pip_is_left_alone(pip: Program, venv: Path) -> None:
    (venv / "lib/pip").mkdir()
    assert not offer_pip(pip, venv, venv / "lib")
    assert not list((venv / "bin").iterdir())


def test_a_command_of_another_package_is_left_alone(pip: Program, venv: Path) -> None:
    (venv / "bin/pip3").write_text("of the app")
    offer_pip(pip, venv, venv / "lib")
    assert (venv / "bin/pip3").read_text() == "of the app"
    assert os.access(venv / "bin/pip", os.X_OK)


def test_a_module_is_run_as_well_as_a_program() -> None:
    pip = Program(("/usr/bin/python3", "-I", "-m", "pip"), "1.0", Path("/usr/lib/python3/dist-packages"))
    script = hint_script(pip, Path("/venv"))
    assert 'exec /usr/bin/python3 -I -m pip "$@"' in script
