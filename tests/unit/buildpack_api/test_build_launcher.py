"""The sh script bin/build, run for real by the shells of common base images."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from unit.buildpack_api.example_buildpack import ExampleBuildpack

if TYPE_CHECKING:
    from pathlib import Path

NO_PYTHON = "[Strata] Error: this buildpack needs Python 3.10 or newer to run, and none is on PATH\n"


def fake_python(path: Path, *, usable: bool = True, answer: str = "") -> Path:
    """Write a program that passes or fails the version test, and otherwise shows how it was called."""
    path.parent.mkdir(parents=True, exist_ok=True)
    test = "exit 0" if usable else answer or "exit 1"
    path.write_text(f'#!/bin/sh\ncase " $* " in *\' -c \'*) {test} ;; esac\nprintf \'%s\\n\' "$0" "$@"\n')
    path.chmod(0o755)
    return path


def build(
    shell: list[str], example: ExampleBuildpack, *arguments: str, script: str | None = None, **variables: str
) -> subprocess.CompletedProcess[str]:
    command = [*shell, script or str(example.directory / "bin/build"), *arguments]
    environ = {"PATH": "", **variables}
    return subprocess.run(command, env=environ, cwd=example.app, capture_output=True, text=True, check=False)


def assert_ran(done: subprocess.CompletedProcess[str], example: ExampleBuildpack, python: Path | str) -> None:
    expected = [str(python), "-E", "-s", "-S", "-B", str(example.directory.resolve() / "lib/__main__.py")]
    assert (done.returncode, done.stdout.splitlines(), done.stderr) == (0, expected, "")


def test_the_real_thing(shell: list[str], tmp_path: Path) -> None:
    example = ExampleBuildpack.create(tmp_path, "context.output.step(context.environment['BP_X'])")
    interpreter = tmp_path / "bin/python3"
    interpreter.parent.mkdir()
    interpreter.symlink_to(sys.executable)
    environ = example.environment(PATH=str(interpreter.parent), BP_X="hello")
    command = [*shell, str(example.directory / "bin/build")]
    done = subprocess.run(command, env=environ, cwd=example.app, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[Strata] Example 1.2.3\n  hello\n", "")


def test_the_exit_code_is_that_of_the_build(shell: list[str], tmp_path: Path) -> None:
    example = ExampleBuildpack.create(tmp_path, "raise SystemExit(42)")
    environ = example.environment(STRATA_PYTHON=sys.executable)
    command = [*shell, str(example.directory / "bin/build")]
    assert subprocess.run(command, env=environ, cwd=example.app, check=False).returncode == 42


def test_arguments_are_handed_on(shell: list[str], example: ExampleBuildpack, tmp_path: Path) -> None:
    fake_python(tmp_path / "bin/python3")
    done = build(shell, example, "a b", "", "*", PATH=f"{tmp_path}/bin")
    assert done.stdout.splitlines()[-3:] == ["a b", "", "*"]


@pytest.mark.parametrize("answer", ["exit 1", "echo 'Unknown option: -I' >&2; exit 2", "kill -9 $$"])
def test_python_2_and_old_python_3_are_passed_over(
    shell: list[str], example: ExampleBuildpack, tmp_path: Path, answer: str
) -> None:
    fake_python(tmp_path / "a/python3", usable=False, answer=answer)
    fake_python(tmp_path / "a/python3.10", usable=False, answer=answer)
    expected = fake_python(tmp_path / "b b/python3.10")
    assert_ran(build(shell, example, PATH=f"{tmp_path}/a:{tmp_path}/b b"), example, expected)


def test_the_test_of_the_version_knows_old_from_new(shell: list[str], example: ExampleBuildpack) -> None:
    """With the real interpreter, told that it is an old one."""
    script = (example.directory / "bin/build").read_text()
    (example.directory / "bin/build").write_text(script.replace("(3, 10)", "(99, 0)"))
    done = build(shell, example, STRATA_PYTHON=sys.executable)
    assert done.returncode == 1
    assert "STRATA_PYTHON is not a Python 3.10 or newer" in done.stderr


def test_python3_comes_first_then_the_newest_minor(
    shell: list[str], example: ExampleBuildpack, tmp_path: Path
) -> None:
    for name in ("python3.10", "python3.9", "python3.14", "python", "python3.13"):
        fake_python(tmp_path / name)
    assert_ran(build(shell, example, PATH=str(tmp_path)), example, tmp_path / "python3.14")
    expected = fake_python(tmp_path / "later/python3")
    assert_ran(build(shell, example, PATH=f"{tmp_path}:{tmp_path}/later"), example, expected)


def test_a_python3_that_is_called_by_its_version_is_not_tried(
    shell: list[str], example: ExampleBuildpack, tmp_path: Path
) -> None:
    """Starting it once more for its version would take as long as starting it for the build."""
    expected = tmp_path / "a b/python3"
    fake_python(tmp_path / "a b/python3.10", answer="exit 1", usable=False)
    expected.symlink_to("python3.10")
    assert_ran(build(shell, example, PATH=f"{tmp_path}/a b"), example, expected)


def test_one_that_is_called_by_an_old_version_is_tried(
    shell: list[str], example: ExampleBuildpack, tmp_path: Path
) -> None:
    """python3.1 and python3.9 are not among the names that are believed."""
    for number, name in enumerate(("python3.9", "python3.1")):
        fake_python(tmp_path / str(number) / name, usable=False)
        (tmp_path / str(number) / "python3").symlink_to(name)
    done = build(shell, example, PATH=f"{tmp_path}/0:{tmp_path}/1")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(NO_PYTHON)


def test_the_bundled_one_comes_before_path_if_it_runs_here(
    shell: list[str], example: ExampleBuildpack, tmp_path: Path
) -> None:
    on_path = fake_python(tmp_path / "bin/python3")
    bundled = fake_python(example.directory / "interpreter/bin/python3")
    assert_ran(build(shell, example, PATH=f"{tmp_path}/bin"), example, bundled)
    fake_python(bundled, usable=False)
    assert_ran(build(shell, example, PATH=f"{tmp_path}/bin"), example, on_path)


def test_the_override_comes_before_all(shell: list[str], example: ExampleBuildpack, tmp_path: Path) -> None:
    fake_python(tmp_path / "bin/python3")
    fake_python(example.directory / "interpreter/bin/python3")
    chosen = fake_python(tmp_path / "my own/python")
    assert_ran(build(shell, example, PATH=f"{tmp_path}/bin", STRATA_PYTHON=str(chosen)), example, chosen)


@pytest.mark.parametrize("value", ["/no/such/python", "no-such-python", "-c", "a b", "/", "$(touch ran)"])
def test_a_bad_override_is_an_error_and_not_passed_over(
    shell: list[str], example: ExampleBuildpack, tmp_path: Path, value: str
) -> None:
    fake_python(tmp_path / "python3")
    done = build(shell, example, PATH=f"{tmp_path}:{os.environ['PATH']}", STRATA_PYTHON=value)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[0] == (
        f"[Strata] Error: STRATA_PYTHON is not a Python 3.10 or newer: {value}"
    )
    assert not list(example.app.iterdir())


def test_an_empty_override_is_none(shell: list[str], example: ExampleBuildpack, tmp_path: Path) -> None:
    expected = fake_python(tmp_path / "python3")
    assert_ran(build(shell, example, PATH=str(tmp_path), STRATA_PYTHON=""), example, expected)


@pytest.mark.parametrize("path", ["", ":", ".", "/no/such/directory", "*"])
def test_without_python_one_clear_error(shell: list[str], example: ExampleBuildpack, path: str) -> None:
    """The app's own programs are not run, even where PATH says so."""
    fake_python(example.app / "python3")
    done = build(shell, example, PATH=path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(NO_PYTHON)
    assert "self-contained package" in done.stderr


def test_the_environment_reaches_python_as_it_came(
    shell: list[str], example: ExampleBuildpack, tmp_path: Path
) -> None:
    """Also variables that have the names of those in the script; the shell itself may add some."""
    fake_python(tmp_path / "python3").write_text(
        f"#!/bin/sh\ncase \" $* \" in *' -c '*) exit 0 ;; esac\n"
        f"exec '{sys.executable}' -I -S -c 'import os, sys; sys.stdout.write(repr(dict(os.environ)))'\n"
    )
    names = ["root", "name", "directory", "python", "bin", "CDPATH", "PYTHONPATH", "PIP_TARGET", "LC_ALL"]
    given = {**dict.fromkeys(names, "x y"), "A": "1\n2", "EMPTY": "", "PATH": str(tmp_path)}
    done = build(shell, example, **given)
    assert done.returncode == 0, done.stderr
    seen = eval(done.stdout)  # noqa: S307  (what repr wrote)
    assert {name: seen.get(name) for name in given} == given
    assert set(seen) - set(given) <= {"PWD", "OLDPWD", "SHLVL", "_", "LC_CTYPE"}


def test_it_finds_its_directory_from_anywhere(
    shell: list[str], example: ExampleBuildpack, tmp_path: Path
) -> None:
    expected = fake_python(tmp_path / "python3")
    (example.root / "link").symlink_to(example.directory)
    for script in (str(example.root / "link/bin/build"), "../buildpack/bin/build", "../link/bin//build"):
        done = build(shell, example, script=script, PATH=str(tmp_path), CDPATH=str(example.root))
        assert_ran(done, example, expected)


def test_it_finds_its_directory_without_a_slash(
    shell: list[str], example: ExampleBuildpack, tmp_path: Path
) -> None:
    expected = fake_python(tmp_path / "python3")
    done = subprocess.run(
        [*shell, "build"],
        env={"PATH": str(tmp_path)},
        cwd=example.directory / "bin",
        capture_output=True,
        text=True,
        check=False,
    )
    assert_ran(done, example, expected)


def test_cdpath_does_not_lead_it_astray(shell: list[str], example: ExampleBuildpack, tmp_path: Path) -> None:
    expected = fake_python(tmp_path / "python3")
    (example.root / "elsewhere/buildpack/bin").mkdir(parents=True)
    done = subprocess.run(
        [*shell, "buildpack/bin/build"],
        env={"PATH": str(tmp_path), "CDPATH": str(example.root / "elsewhere")},
        cwd=example.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert_ran(done, example, expected)


def test_entries_of_path_are_no_patterns(shell: list[str], example: ExampleBuildpack, tmp_path: Path) -> None:
    fake_python(tmp_path / "bin/python3")
    done = build(shell, example, PATH=f"{tmp_path}/*")
    assert (done.returncode, done.stdout) == (1, "")


def test_it_writes_nothing(shell: list[str], tmp_path: Path, without_privileges: list[str]) -> None:
    example = ExampleBuildpack.create(tmp_path)
    for directory in (example.root, example.app, example.directory, example.directory / "lib"):
        directory.chmod(0o555)
    environ = example.environment(STRATA_PYTHON=sys.executable)
    before = sorted(example.root.rglob("*"))
    command = [*without_privileges, *shell, str(example.directory / "bin/build")]
    subprocess.run(command, env=environ, cwd=example.app, check=True)
    assert sorted(example.root.rglob("*")) == before
