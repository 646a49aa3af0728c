from __future__ import annotations

import os
import platform
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from buildpack_api.errors import PlatformError
from buildpack_api.interpreter import find_interpreter, isolated_environment

if TYPE_CHECKING:
    from pathlib import Path

    from unit.buildpack_api.example_buildpack import ExampleBuildpack


def fake(directory: Path, name: str, script: str) -> Path:
    """Write an executable that answers as ``script`` says."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def python(version: str) -> str:
    return f"echo {version}; echo '{version} (main) [GCC]'; echo .abi.so; echo True"


def test_the_interpreter_answers_for_itself(example: ExampleBuildpack, tmp_path: Path) -> None:
    executable = fake(tmp_path / "bin dir", "python3", python("3.13.0"))
    found = find_interpreter(example.context(PATH=str(executable.parent)))
    assert (found.executable, found.version, found.minor) == (executable, "3.13.0", "3.13")
    assert found.build == "3.13.0 (main) [GCC]"


def test_the_running_interpreter_needs_no_process(
    example: ExampleBuildpack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "python3").symlink_to(sys.executable)
    monkeypatch.setattr("subprocess.Popen", None)
    found = find_interpreter(example.context(PATH=str(tmp_path)))
    assert (found.executable, found.version) == (tmp_path / "python3", platform.python_version())
    assert found.build == " ".join(sys.version.split())


def test_asking_and_looking_at_oneself_give_the_same_answer(
    example: ExampleBuildpack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "python3").symlink_to(sys.executable)
    context = example.context(PATH=str(tmp_path), PYTHONHOME="/no/such/place")
    known = find_interpreter(context)
    monkeypatch.setattr("sys.executable", "/elsewhere/python3")
    assert find_interpreter(context) == known


def test_python3_of_a_later_directory_comes_before_python(example: ExampleBuildpack, tmp_path: Path) -> None:
    fake(tmp_path / "a", "python", python("3.12.0"))
    expected = fake(tmp_path / "b", "python3", python("3.13.0"))
    context = example.context(PATH=f"{tmp_path}/a:{tmp_path}/b")
    assert find_interpreter(context).executable == expected


@pytest.mark.parametrize(
    "script",
    ["exit 1", "echo Unknown option: -I >&2; exit 2", "echo 3.13.0", "exec /no/such/program", "kill -9 $$"],
)
def test_what_does_not_answer_as_python_3_is_passed_over(
    example: ExampleBuildpack, tmp_path: Path, script: str
) -> None:
    fake(tmp_path / "a", "python3", script)
    expected = fake(tmp_path / "b", "python", python("3.12.0"))
    context = example.context(PATH=f"{tmp_path}/a:{tmp_path}/b")
    assert find_interpreter(context).executable == expected


@pytest.mark.parametrize("prefix", ["user", "user:other"])
def test_the_users_own_path_is_not_searched(example: ExampleBuildpack, tmp_path: Path, prefix: str) -> None:
    users = ":".join(str(tmp_path / name) for name in prefix.split(":"))
    fake(tmp_path / "user", "python3", python("3.8.0"))
    expected = fake(tmp_path / "layer", "python3", python("3.13.0"))
    (example.platform / "env/PATH").write_text(users)
    context = example.context(PATH=f"{users}:{tmp_path}/layer")
    assert find_interpreter(context).executable == expected


def test_a_path_that_is_the_users_alone_holds_nothing(example: ExampleBuildpack, tmp_path: Path) -> None:
    fake(tmp_path, "python3", python("3.13.0"))
    (example.platform / "env/PATH").write_text(str(tmp_path))
    with pytest.raises(PlatformError, match="No Python 3 is on PATH"):
        find_interpreter(example.context(PATH=str(tmp_path)))


def test_the_app_directory_is_not_searched(
    example: ExampleBuildpack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake(tmp_path, "python3", python("3.13.0"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PlatformError):
        find_interpreter(example.context(PATH=":.:"))


def test_without_python_the_error_says_where_it_was_sought(example: ExampleBuildpack, tmp_path: Path) -> None:
    with pytest.raises(PlatformError) as caught:
        find_interpreter(example.context(PATH=str(tmp_path)))
    assert str(tmp_path) in caught.value.detail
    executable = fake(tmp_path, "python3", "exit 1")
    with pytest.raises(PlatformError) as caught:
        find_interpreter(example.context(PATH=str(tmp_path)))
    assert caught.value.detail == f"Tried: {executable}"
    assert "'python'" in caught.value.advice


def test_the_isolated_environment_keeps_all_but_python_and_pip_settings() -> None:
    kept = {
        "PATH": "/bin",
        "HOME": "/h",
        "https_proxy": "p",
        "SSL_CERT_FILE": "c",
        "PIPELINE": "1",
        "LANG": "C",
    }
    dropped = {"PYTHONPATH": "x", "PYTHONHOME": "x", "PIP_TARGET": "x", "VIRTUAL_ENV": "x"}
    expected = {**kept, "PYTHONDONTWRITEBYTECODE": "1"}
    assert isolated_environment({**kept, **dropped}) == expected


def test_hostile_settings_do_not_reach_the_interpreter(example: ExampleBuildpack, tmp_path: Path) -> None:
    real = shutil.which("python3", path=os.environ["PATH"]) or sys.executable
    fake(tmp_path, "python3", f'env >"{tmp_path}/seen"; exec "{real}" "$@"')
    context = example.context(
        PATH=f"{tmp_path}:{os.environ['PATH']}", PYTHONHOME="/no/such", PYTHONSTARTUP="/x"
    )
    assert find_interpreter(context).executable == tmp_path / "python3"
    seen = (tmp_path / "seen").read_text()
    assert [line for line in seen.splitlines() if "PYTHON" in line] == ["PYTHONDONTWRITEBYTECODE=1"]
