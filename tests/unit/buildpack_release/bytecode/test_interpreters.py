from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from buildpack_release.bytecode.interpreters import (
    HostInterpreter,
    ask,
    candidates,
    installed_interpreters,
    newest,
    probe,
)
from buildpack_release.model.settings import MINORS
from support.elf_files import elf_file


def program(path: Path, script: str) -> Path:
    """An executable that is no Python."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_what_is_found_runs_and_is_of_its_minor() -> None:
    """On this machine, whatever it has; at least what runs the tests, if it is supported."""
    found = installed_interpreters()
    for minor, python in found.items():
        shown = subprocess.run([python.executable, "-V"], capture_output=True, text=True, check=True).stdout
        assert shown.startswith(f"Python {minor}.")
    assert list(found) == [minor for minor in MINORS if minor in found]
    running = f"{sys.version_info.major}.{sys.version_info.minor}"
    if sys.version_info.releaselevel == "final" and Path(sys.base_prefix, "bin", f"python{running}").exists():
        assert running in found or running not in MINORS


def test_a_wrapper_that_cannot_run_is_passed_over(tmp_path: Path) -> None:
    """Version managers put files called python3.12 on PATH that only complain."""
    broken = program(tmp_path / "python3.12", "echo not installed >&2; exit 127")
    garbage = tmp_path / "python3.13"
    garbage.write_bytes(b"\x7fELF nonsense")
    garbage.chmod(0o755)
    missing = tmp_path / "python3.11"
    assert probe([broken, garbage, missing]) == ()


def test_the_newest_patch_release_of_a_minor_wins(tmp_path: Path) -> None:
    """Compared as numbers; of equal ones the first that was listed."""
    first, ten, again = (
        program(tmp_path / name / "python3.12", f"echo 3.12.{patch}")
        for name, patch in (("a", 9), ("b", 10), ("c", 10))
    )
    found = probe([first, ten, again])
    assert found == tuple(
        HostInterpreter(path, "3.12", patch) for path, patch in ((first, 9), (ten, 10), (again, 10))
    )
    assert newest(found) == {"3.12": HostInterpreter(ten, "3.12", 10)}


def test_an_unsupported_minor_does_not_count(tmp_path: Path) -> None:
    """Even under the name of a supported one."""
    assert probe([program(tmp_path / "python3.12", "echo 3.9.1")]) == ()


def test_searched_places(tmp_path: Path) -> None:
    """PATH, pyenv's versions and uv's Pythons; links count once, shims and relative entries never."""
    on_path = program(tmp_path / "bin/python3.12", "")
    (tmp_path / "bin/python3.13").symlink_to(on_path)
    pyenv = program(tmp_path / "home/.pyenv/versions/3.10.13/bin/python3.10", "")
    program(tmp_path / "home/.pyenv/shims/python3.10", "")
    managed = program(tmp_path / "home/.local/share/uv/python/cpython-3.11.9-linux/bin/python3.11", "")
    environ = {
        "HOME": str(tmp_path / "home"),
        "PATH": f"{tmp_path}/bin:{tmp_path}/home/.pyenv/shims::relative:/nonexistent",
    }
    inside = [path for path in candidates(environ) if path.is_relative_to(tmp_path)]
    assert inside == [on_path, pyenv, managed]


def test_places_can_be_moved(tmp_path: Path) -> None:
    """By the variables of pyenv and uv."""
    pyenv = program(tmp_path / "p/versions/3.10.13/bin/python3.10", "")
    managed = program(tmp_path / "u/any/bin/python3.11", "")
    environ = {"PYENV_ROOT": str(tmp_path / "p"), "UV_PYTHON_INSTALL_DIR": str(tmp_path / "u")}
    assert [path for path in candidates(environ) if path.is_relative_to(tmp_path)] == [pyenv, managed]


@pytest.mark.parametrize("place", ["PATH", "pyenv"])
def test_a_file_without_the_executable_bit_is_no_candidate(tmp_path: Path, place: str) -> None:
    """It cannot be started."""
    path = tmp_path / ("bin" if place == "PATH" else ".pyenv/versions/x/bin") / "python3.12"
    program(path, "").chmod(0o644)
    environ = {"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path)}
    assert path not in candidates(environ)


@pytest.mark.usefixtures("file_modes_count")
@pytest.mark.parametrize("root", ["another user's", "file", "file/below", "x" * 300])
def test_a_place_that_cannot_be_searched_is_passed_over(tmp_path: Path, root: str) -> None:
    """After `su` or in a container, PYENV_ROOT may name what another user may read."""
    (tmp_path / "file").touch()
    program(tmp_path / "another user's/versions/3.12.1/bin/python3.12", "")
    (tmp_path / "another user's").chmod(0)
    on_path = program(tmp_path / "bin/python3.11", "")
    place = str(tmp_path / root)
    environ = {"PATH": str(tmp_path / "bin"), "PYENV_ROOT": place, "UV_PYTHON_INSTALL_DIR": place}
    try:
        assert [path for path in candidates(environ) if path.is_relative_to(tmp_path)] == [on_path]
    finally:
        (tmp_path / "another user's").chmod(0o700)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo one >&2; echo >&2; echo two >&2; exit 3", "one\ntwo"),
        ("exit 3", "python3.12 ended with 3."),
        ("kill -ILL $$", "python3.12 was ended by the signal SIGILL."),
        ("echo 3.9.1", "python3.12 is no final release of CPython of a supported minor"),
        ("true", "python3.12 is no final release"),
    ],
)
def test_one_that_is_asked_alone_says_what_is_wrong(tmp_path: Path, script: str, said: str) -> None:
    """What it or the system says belongs into the message about it."""
    answer = ask(program(tmp_path / "python3.12", script))
    assert isinstance(answer, str)
    assert answer.startswith(said)


def test_what_is_no_program_for_this_machine_says_so(tmp_path: Path) -> None:
    path = tmp_path / "python3.12"
    path.write_bytes(elf_file(machine=0x1234))  # no emulator runs it either
    path.chmod(0o755)
    assert ask(path) == "python3.12: Exec format error"
    assert ask(tmp_path / "none") == "none: No such file or directory"
