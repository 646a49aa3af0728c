"""The sh scripts bin/detect and bin/build, run for real by the shells of common base images."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from unit.buildpack_api.example_buildpack import PACKAGE, ExampleBuildpack

SHELLS = {"dash": ["dash"], "busybox": ["busybox", "sh"]}
NO_PYTHON = "[Strata] Error: this buildpack needs Python 3.10 or newer to run, and none is on PATH\n"


@pytest.fixture(params=sorted(SHELLS))
def shell(request: pytest.FixtureRequest) -> list[str]:
    program, *arguments = SHELLS[str(request.param)]
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"{program} is not installed")
    return [path, *arguments]


@pytest.fixture
def bare(tmp_path: Path) -> ExampleBuildpack:
    """A buildpack whose detect/ is still to be written."""
    return ExampleBuildpack.create(tmp_path)


def alternative(example: ExampleBuildpack, name: str, markers: str | None, plan: str | None = None) -> None:
    directory = example.directory / "detect" / name
    directory.mkdir(parents=True)
    if markers is not None:
        (directory / "markers").write_bytes(markers.encode())
    (directory / "plan.toml").write_text(f"# {name}\n" if plan is None else plan)


def detect(
    shell: list[str], example: ExampleBuildpack, script: str | None = None, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run bin/detect with a PATH on which there is nothing at all."""
    environ = {
        "PATH": "",
        "CNB_PLATFORM_DIR": str(example.platform),
        "CNB_BUILD_PLAN_PATH": str(example.plan),
        **variables,
    }
    command = [*shell, script or str(example.directory / "bin/detect")]
    return subprocess.run(command, env=environ, cwd=example.app, capture_output=True, text=True, check=False)


def assert_matched(done: subprocess.CompletedProcess[str], example: ExampleBuildpack, plan: str) -> None:
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert example.plan.read_text() == plan


def test_shellcheck_finds_nothing() -> None:
    shellcheck = shutil.which("shellcheck")
    if shellcheck is None:
        pytest.skip("shellcheck is not installed")
    subprocess.run([shellcheck, "--shell=sh", *sorted((PACKAGE / "share/bin").iterdir())], check=True)


class TestDetect:
    def test_a_marker_that_is_there_gives_the_plan(self, shell: list[str], bare: ExampleBuildpack) -> None:
        plan = '[[provides]]\nname = "a\\tb"\n\n  [requires.metadata]\r\n# %s `x` $HOME \\'
        alternative(bare, "10-x", "requirements.txt\n", plan)
        (bare.app / "requirements.txt").touch()
        done = detect(shell, bare)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert bare.plan.read_bytes() == f"{plan}\n".encode()

    def test_without_a_marker_the_answer_is_100_and_a_reason(
        self, shell: list[str], bare: ExampleBuildpack
    ) -> None:
        alternative(bare, "10-x", "requirements.txt\n\n# comment\npoetry.lock\n")
        alternative(bare, "20-y", "$BP_X\n")
        done = detect(shell, bare)
        reason = "[Strata] Not for this app, none of these is there: requirements.txt, poetry.lock, $BP_X\n"
        assert (done.returncode, done.stdout, done.stderr) == (100, reason, "")
        assert bare.plan.read_text() == ""

    def test_no_markers_always_match(self, shell: list[str], bare: ExampleBuildpack) -> None:
        alternative(bare, "10-x", None)
        assert_matched(detect(shell, bare), bare, "# 10-x\n")

    @pytest.mark.parametrize("locale", ["C", "en_US.UTF-8"])
    def test_the_first_in_byte_order_wins(
        self, shell: list[str], bare: ExampleBuildpack, locale: str
    ) -> None:
        for name in ("a", "B", "10-z", "9-y", "10 x"):
            alternative(bare, name, None)
        assert_matched(detect(shell, bare, LC_ALL=locale), bare, "# 10 x\n")

    @pytest.mark.parametrize(
        "name", ["a b.txt", "it's", 'a"b', "a\\b", "x y", "-f", "(", "*", "é", "sub dir/x", "a;b", "!"]
    )
    def test_odd_names_and_line_ends(self, shell: list[str], bare: ExampleBuildpack, name: str) -> None:
        texts = ["{}", "{}\n", "{}\r\n", "  {}\t\n", "# none\r\n\r\n{}\r\nabsent\r\n", "absent\n{}"]
        alternative(bare, "10-x", texts[0].format(name))
        assert detect(shell, bare).returncode == 100
        (bare.app / name).parent.mkdir(exist_ok=True)
        (bare.app / name).touch()
        for text in texts:
            bare.plan.write_text("")
            (bare.directory / "detect/10-x/markers").write_bytes(text.format(name).encode())
            assert_matched(detect(shell, bare), bare, "# 10-x\n")

    @pytest.mark.parametrize("name", ["lock.dev.toml", "lock.a b.toml", "lock.*.toml", "lock.é.toml"])
    def test_a_star_stands_for_any_characters(
        self, shell: list[str], bare: ExampleBuildpack, name: str
    ) -> None:
        alternative(bare, "10-x", "lock.*.toml\n")
        (bare.app / "lock.toml").touch()
        (bare.app / "lock.dir.toml").mkdir()
        assert detect(shell, bare).returncode == 100
        (bare.app / name).touch()
        assert_matched(detect(shell, bare), bare, "# 10-x\n")

    def test_other_patterns_are_names(self, shell: list[str], bare: ExampleBuildpack) -> None:
        alternative(bare, "10-x", "[a]?.txt\n")
        (bare.app / "ab.txt").touch()
        assert detect(shell, bare).returncode == 100

    @pytest.mark.parametrize(
        ("text", "there"),
        [
            ("[project]\n", True),
            ('[tool.x]\ny = 1\r\n  [project]  # ours\r\nname = "a"', True),
            ("[project.scripts]", True),
            ("[projects]\n[tool.project]\n# [project]\nproject\n", False),
            ("", False),
            ("\\[project]\n*\n", False),
        ],
    )
    def test_a_table_of_a_file_is_looked_for(
        self, shell: list[str], bare: ExampleBuildpack, text: str, there: bool
    ) -> None:
        alternative(bare, "10-x", "py project.toml has [project]\n")
        assert detect(shell, bare).returncode == 100
        (bare.app / "py project.toml").write_bytes(text.encode())
        assert detect(shell, bare).returncode == (0 if there else 100)

    def test_a_message_says_why_there_is_no_plan(self, shell: list[str], bare: ExampleBuildpack) -> None:
        alternative(bare, "10-x", "good\n")
        for name, text in (("20-a", "Use *.b,\n  $HOME `x` \\n.\n"), ("30-b", "never shown\n")):
            alternative(bare, name, "bad\n")
            (bare.directory / "detect" / name / "plan.toml").rename(
                bare.directory / "detect" / name / "message.txt"
            )
            (bare.directory / "detect" / name / "message.txt").write_text(text)
        reason = "[Strata] Not for this app, none of these is there: good\n"
        done = detect(shell, bare)
        assert (done.returncode, done.stdout, done.stderr) == (100, reason, "")
        (bare.app / "bad").touch()
        done = detect(shell, bare)
        assert (done.returncode, done.stdout) == (100, reason)
        assert done.stderr == "Use *.b,\n  $HOME `x` \\n.\n"
        assert bare.plan.read_text() == ""
        (bare.app / "good").touch()
        assert_matched(detect(shell, bare), bare, "# 10-x\n")

    def test_a_directory_is_no_marker_and_a_link_to_a_file_is_one(
        self, shell: list[str], bare: ExampleBuildpack
    ) -> None:
        alternative(bare, "10-x", "marker\n")
        (bare.app / "marker").mkdir()
        assert detect(shell, bare).returncode == 100
        (bare.app / "marker").rmdir()
        (bare.app / "file").touch()
        (bare.app / "marker").symlink_to("file")
        assert_matched(detect(shell, bare), bare, "# 10-x\n")

    def test_a_variable_counts_if_it_is_not_empty(self, shell: list[str], bare: ExampleBuildpack) -> None:
        alternative(bare, "10-x", "$BP_X")
        assert detect(shell, bare, BP_X="").returncode == 100
        assert_matched(detect(shell, bare, BP_X="*) '\"`"), bare, "# 10-x\n")

    def test_a_variable_may_be_a_file_of_the_platform(self, shell: list[str], bare: ExampleBuildpack) -> None:
        """With clear-env they are not in the environment."""
        alternative(bare, "10-x", "$BP_X\n")
        (bare.platform / "env/BP_X").touch()
        assert detect(shell, bare).returncode == 100
        (bare.platform / "env/BP_X").write_text("1")
        assert_matched(detect(shell, bare), bare, "# 10-x\n")

    @pytest.mark.parametrize("marker", ["$", "$1", "$A-B", "$A{", "$(touch ran)", "$A;touch ran"])
    def test_what_is_no_variable_is_an_error_and_never_run(
        self, shell: list[str], bare: ExampleBuildpack, marker: str
    ) -> None:
        alternative(bare, "10-x", f"{marker}\n")
        done = detect(shell, bare, PATH=os.environ["PATH"])
        assert done.returncode == 1
        assert f"not a variable: {marker}\n" in done.stderr
        assert not list(bare.app.iterdir())

    def test_variables_of_the_user_that_are_named_as_ours_change_nothing(
        self, shell: list[str], bare: ExampleBuildpack
    ) -> None:
        alternative(bare, "10-x", "absent\n")
        names = [
            "bin",
            "root",
            "plan",
            "platform",
            "cr",
            "wanted",
            "marker",
            "line",
            "directory",
            "IFS",
            "LC_ALL",
        ]
        done = detect(shell, bare, CDPATH=str(bare.root), **dict.fromkeys(names, "x"))
        assert done.returncode == 100
        assert done.stdout.endswith("none of these is there: absent\n")

    def test_positional_arguments_serve_where_variables_are_not_set(
        self, shell: list[str], bare: ExampleBuildpack
    ) -> None:
        alternative(bare, "10-x", "$BP_X\n")
        (bare.platform / "env/BP_X").write_text("1")
        command = [*shell, str(bare.directory / "bin/detect"), str(bare.platform), str(bare.plan)]
        done = subprocess.run(command, env={}, cwd=bare.app, capture_output=True, text=True, check=False)
        assert_matched(done, bare, "# 10-x\n")

    def test_it_finds_its_directory_from_anywhere(self, shell: list[str], bare: ExampleBuildpack) -> None:
        alternative(bare, "10-x", None)
        (bare.root / "link").symlink_to(bare.directory)
        for script in (str(bare.root / "link/bin/detect"), "../buildpack/bin/detect", "../link/bin//detect"):
            bare.plan.write_text("")
            assert_matched(detect(shell, bare, script, CDPATH=str(bare.root)), bare, "# 10-x\n")

    def test_it_finds_its_directory_without_a_slash(self, shell: list[str], bare: ExampleBuildpack) -> None:
        alternative(bare, "10-x", None)
        environ = {"CNB_BUILD_PLAN_PATH": str(bare.plan)}
        subprocess.run([*shell, "detect"], env=environ, cwd=bare.directory / "bin", check=True)
        assert bare.plan.read_text() == "# 10-x\n"

    def test_cdpath_does_not_lead_it_astray(self, shell: list[str], bare: ExampleBuildpack) -> None:
        alternative(bare, "10-x", None)
        (bare.root / "elsewhere/buildpack/bin").mkdir(parents=True)
        environ = {"CNB_BUILD_PLAN_PATH": str(bare.plan), "CDPATH": str(bare.root / "elsewhere")}
        subprocess.run([*shell, "buildpack/bin/detect"], env=environ, cwd=bare.root, check=True)
        assert bare.plan.read_text() == "# 10-x\n"

    def test_only_the_plan_is_written(
        self, shell: list[str], bare: ExampleBuildpack, without_privileges: list[str]
    ) -> None:
        alternative(bare, "10-x", "marker\n")
        (bare.app / "marker").touch()
        for directory in (bare.root, bare.app, bare.directory):
            directory.chmod(0o555)
        assert_matched(detect([*without_privileges, *shell], bare), bare, "# 10-x\n")

    def test_a_plan_that_cannot_be_written_is_an_error(
        self, shell: list[str], bare: ExampleBuildpack
    ) -> None:
        alternative(bare, "10-x", None)
        done = detect(shell, bare, CNB_BUILD_PLAN_PATH=str(bare.root))
        assert done.returncode == 1
        assert f"[Strata] Error: cannot write the build plan {bare.root}\n" in done.stderr

    def test_a_full_disk_is_an_error(self, shell: list[str], bare: ExampleBuildpack) -> None:
        if not Path("/dev/full").exists():
            pytest.skip("there is no /dev/full")
        alternative(bare, "10-x", None)
        assert detect(shell, bare, CNB_BUILD_PLAN_PATH="/dev/full").returncode == 1

    def test_without_a_place_for_the_plan_it_says_so(self, shell: list[str], bare: ExampleBuildpack) -> None:
        alternative(bare, "10-x", None)
        done = detect(shell, bare, CNB_BUILD_PLAN_PATH="")
        assert (done.returncode, done.stderr) == (1, "[Strata] Error: CNB_BUILD_PLAN_PATH is not set\n")

    @pytest.mark.parametrize("present", [False, True])
    def test_a_broken_buildpack_is_an_error_and_not_a_refusal(
        self, shell: list[str], bare: ExampleBuildpack, present: bool
    ) -> None:
        if present:
            (bare.directory / "detect/10-x").mkdir(parents=True)
        done = detect(shell, bare)
        assert done.returncode == 1
        assert "plan.toml is missing" in done.stderr


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


class TestBuild:
    def test_the_real_thing(self, shell: list[str], tmp_path: Path) -> None:
        example = ExampleBuildpack.create(tmp_path, "context.output.step(context.environment['BP_X'])")
        interpreter = tmp_path / "bin/python3"
        interpreter.parent.mkdir()
        interpreter.symlink_to(sys.executable)
        environ = example.environment(PATH=str(interpreter.parent), BP_X="hello")
        command = [*shell, str(example.directory / "bin/build")]
        done = subprocess.run(
            command, env=environ, cwd=example.app, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "[Strata] Example 1.2.3\n  hello\n", "")

    def test_the_exit_code_is_that_of_the_build(self, shell: list[str], tmp_path: Path) -> None:
        example = ExampleBuildpack.create(tmp_path, "raise SystemExit(42)")
        environ = example.environment(STRATA_PYTHON=sys.executable)
        command = [*shell, str(example.directory / "bin/build")]
        assert subprocess.run(command, env=environ, cwd=example.app, check=False).returncode == 42

    def test_arguments_are_handed_on(self, shell: list[str], bare: ExampleBuildpack, tmp_path: Path) -> None:
        fake_python(tmp_path / "bin/python3")
        done = build(shell, bare, "a b", "", "*", PATH=f"{tmp_path}/bin")
        assert done.stdout.splitlines()[-3:] == ["a b", "", "*"]

    @pytest.mark.parametrize("answer", ["exit 1", "echo 'Unknown option: -I' >&2; exit 2", "kill -9 $$"])
    def test_python_2_and_old_python_3_are_passed_over(
        self, shell: list[str], bare: ExampleBuildpack, tmp_path: Path, answer: str
    ) -> None:
        fake_python(tmp_path / "a/python3", usable=False, answer=answer)
        fake_python(tmp_path / "a/python3.10", usable=False, answer=answer)
        expected = fake_python(tmp_path / "b b/python3.10")
        assert_ran(build(shell, bare, PATH=f"{tmp_path}/a:{tmp_path}/b b"), bare, expected)

    def test_the_test_of_the_version_knows_old_from_new(
        self, shell: list[str], bare: ExampleBuildpack
    ) -> None:
        """With the real interpreter, told that it is an old one."""
        script = (bare.directory / "bin/build").read_text()
        (bare.directory / "bin/build").write_text(script.replace("(3, 10)", "(99, 0)"))
        done = build(shell, bare, STRATA_PYTHON=sys.executable)
        assert done.returncode == 1
        assert "STRATA_PYTHON is not a Python 3.10 or newer" in done.stderr

    def test_python3_comes_first_then_the_newest_minor(
        self, shell: list[str], bare: ExampleBuildpack, tmp_path: Path
    ) -> None:
        for name in ("python3.10", "python3.9", "python3.14", "python", "python3.13"):
            fake_python(tmp_path / name)
        assert_ran(build(shell, bare, PATH=str(tmp_path)), bare, tmp_path / "python3.14")
        expected = fake_python(tmp_path / "later/python3")
        assert_ran(build(shell, bare, PATH=f"{tmp_path}:{tmp_path}/later"), bare, expected)

    def test_a_python3_that_is_called_by_its_version_is_not_tried(
        self, shell: list[str], bare: ExampleBuildpack, tmp_path: Path
    ) -> None:
        """Starting it once more for its version would take as long as starting it for the build."""
        expected = tmp_path / "a b/python3"
        fake_python(tmp_path / "a b/python3.10", answer="exit 1", usable=False)
        expected.symlink_to("python3.10")
        assert_ran(build(shell, bare, PATH=f"{tmp_path}/a b"), bare, expected)

    def test_one_that_is_called_by_an_old_version_is_tried(
        self, shell: list[str], bare: ExampleBuildpack, tmp_path: Path
    ) -> None:
        """python3.1 and python3.9 are not among the names that are believed."""
        for number, name in enumerate(("python3.9", "python3.1")):
            fake_python(tmp_path / str(number) / name, usable=False)
            (tmp_path / str(number) / "python3").symlink_to(name)
        done = build(shell, bare, PATH=f"{tmp_path}/0:{tmp_path}/1")
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith(NO_PYTHON)

    def test_the_bundled_one_comes_before_path_if_it_runs_here(
        self, shell: list[str], bare: ExampleBuildpack, tmp_path: Path
    ) -> None:
        on_path = fake_python(tmp_path / "bin/python3")
        bundled = fake_python(bare.directory / "interpreter/bin/python3")
        assert_ran(build(shell, bare, PATH=f"{tmp_path}/bin"), bare, bundled)
        fake_python(bundled, usable=False)
        assert_ran(build(shell, bare, PATH=f"{tmp_path}/bin"), bare, on_path)

    def test_the_override_comes_before_all(
        self, shell: list[str], bare: ExampleBuildpack, tmp_path: Path
    ) -> None:
        fake_python(tmp_path / "bin/python3")
        fake_python(bare.directory / "interpreter/bin/python3")
        chosen = fake_python(tmp_path / "my own/python")
        assert_ran(build(shell, bare, PATH=f"{tmp_path}/bin", STRATA_PYTHON=str(chosen)), bare, chosen)

    @pytest.mark.parametrize("value", ["/no/such/python", "no-such-python", "-c", "a b", "/", "$(touch ran)"])
    def test_a_bad_override_is_an_error_and_not_passed_over(
        self, shell: list[str], bare: ExampleBuildpack, tmp_path: Path, value: str
    ) -> None:
        fake_python(tmp_path / "python3")
        done = build(shell, bare, PATH=f"{tmp_path}:{os.environ['PATH']}", STRATA_PYTHON=value)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.splitlines()[0] == (
            f"[Strata] Error: STRATA_PYTHON is not a Python 3.10 or newer: {value}"
        )
        assert not list(bare.app.iterdir())

    def test_an_empty_override_is_none(
        self, shell: list[str], bare: ExampleBuildpack, tmp_path: Path
    ) -> None:
        expected = fake_python(tmp_path / "python3")
        assert_ran(build(shell, bare, PATH=str(tmp_path), STRATA_PYTHON=""), bare, expected)

    @pytest.mark.parametrize("path", ["", ":", ".", "/no/such/directory", "*"])
    def test_without_python_one_clear_error(
        self, shell: list[str], bare: ExampleBuildpack, path: str
    ) -> None:
        """The app's own programs are not run, even where PATH says so."""
        fake_python(bare.app / "python3")
        done = build(shell, bare, PATH=path)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith(NO_PYTHON)
        assert "self-contained package" in done.stderr

    def test_the_environment_reaches_python_as_it_came(
        self, shell: list[str], bare: ExampleBuildpack, tmp_path: Path
    ) -> None:
        """Also variables that have the names of those in the script; the shell itself may add some."""
        fake_python(tmp_path / "python3").write_text(
            f"#!/bin/sh\ncase \" $* \" in *' -c '*) exit 0 ;; esac\n"
            f"exec '{sys.executable}' -I -S -c 'import os, sys; sys.stdout.write(repr(dict(os.environ)))'\n"
        )
        names = ["root", "name", "directory", "python", "bin", "CDPATH", "PYTHONPATH", "PIP_TARGET", "LC_ALL"]
        given = {**dict.fromkeys(names, "x y"), "A": "1\n2", "EMPTY": "", "PATH": str(tmp_path)}
        done = build(shell, bare, **given)
        assert done.returncode == 0, done.stderr
        seen = eval(done.stdout)  # noqa: S307  (what repr wrote)
        assert {name: seen.get(name) for name in given} == given
        assert set(seen) - set(given) <= {"PWD", "OLDPWD", "SHLVL", "_", "LC_CTYPE"}

    def test_it_finds_its_directory_from_anywhere(
        self, shell: list[str], bare: ExampleBuildpack, tmp_path: Path
    ) -> None:
        expected = fake_python(tmp_path / "python3")
        (bare.root / "link").symlink_to(bare.directory)
        for script in (str(bare.root / "link/bin/build"), "../buildpack/bin/build", "../link/bin//build"):
            done = build(shell, bare, script=script, PATH=str(tmp_path), CDPATH=str(bare.root))
            assert_ran(done, bare, expected)

    def test_it_finds_its_directory_without_a_slash(
        self, shell: list[str], bare: ExampleBuildpack, tmp_path: Path
    ) -> None:
        expected = fake_python(tmp_path / "python3")
        done = subprocess.run(
            [*shell, "build"],
            env={"PATH": str(tmp_path)},
            cwd=bare.directory / "bin",
            capture_output=True,
            text=True,
            check=False,
        )
        assert_ran(done, bare, expected)

    def test_cdpath_does_not_lead_it_astray(
        self, shell: list[str], bare: ExampleBuildpack, tmp_path: Path
    ) -> None:
        expected = fake_python(tmp_path / "python3")
        (bare.root / "elsewhere/buildpack/bin").mkdir(parents=True)
        done = subprocess.run(
            [*shell, "buildpack/bin/build"],
            env={"PATH": str(tmp_path), "CDPATH": str(bare.root / "elsewhere")},
            cwd=bare.root,
            capture_output=True,
            text=True,
            check=False,
        )
        assert_ran(done, bare, expected)

    def test_entries_of_path_are_no_patterns(
        self, shell: list[str], bare: ExampleBuildpack, tmp_path: Path
    ) -> None:
        fake_python(tmp_path / "bin/python3")
        done = build(shell, bare, PATH=f"{tmp_path}/*")
        assert (done.returncode, done.stdout) == (1, "")

    def test_it_writes_nothing(self, shell: list[str], tmp_path: Path, without_privileges: list[str]) -> None:
        example = ExampleBuildpack.create(tmp_path)
        for directory in (example.root, example.app, example.directory, example.directory / "lib"):
            directory.chmod(0o555)
        environ = example.environment(STRATA_PYTHON=sys.executable)
        before = sorted(example.root.rglob("*"))
        command = [*without_privileges, *shell, str(example.directory / "bin/build")]
        subprocess.run(command, env=environ, cwd=example.app, check=True)
        assert sorted(example.root.rglob("*")) == before
