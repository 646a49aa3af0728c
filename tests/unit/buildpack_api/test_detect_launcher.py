"""The sh script bin/detect, run for real by the shells of common base images."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from unit.buildpack_api.example_buildpack import ExampleBuildpack


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


def test_a_marker_that_is_there_gives_the_plan(shell: list[str], example: ExampleBuildpack) -> None:
    plan = '[[provides]]\nname = "a\\tb"\n\n  [requires.metadata]\r\n# %s `x` $HOME \\'
    alternative(example, "10-x", "requirements.txt\n", plan)
    (example.app / "requirements.txt").touch()
    done = detect(shell, example)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert example.plan.read_bytes() == f"{plan}\n".encode()


def test_without_a_marker_the_answer_is_100_and_a_reason(shell: list[str], example: ExampleBuildpack) -> None:
    """Files come first, whatever the order of the plans: a file is what an app most likely lacks."""
    alternative(example, "10-x", "$BP_X\n")
    alternative(example, "20-y", "requirements.txt\n\n# comment\npoetry.lock\n")
    done = detect(shell, example)
    reason = "[Strata] Not for this app, none of these is there: requirements.txt, poetry.lock, $BP_X\n"
    assert (done.returncode, done.stdout, done.stderr) == (100, reason, "")
    assert example.plan.read_text() == ""


def test_no_markers_always_match(shell: list[str], example: ExampleBuildpack) -> None:
    alternative(example, "10-x", None)
    assert_matched(detect(shell, example), example, "# 10-x\n")


@pytest.mark.parametrize("locale", ["C", "en_US.UTF-8"])
def test_the_first_in_byte_order_wins(shell: list[str], example: ExampleBuildpack, locale: str) -> None:
    for name in ("a", "B", "10-z", "9-y", "10 x"):
        alternative(example, name, None)
    assert_matched(detect(shell, example, LC_ALL=locale), example, "# 10 x\n")


@pytest.mark.parametrize(
    ("value", "matches"),
    [
        ("uv", True), (" uv\n", True), ("\tuv ", True), ("uv pip", False), ("UV", False), ("", False),
        ("*", False), ("u?", False), ("$(exit)", False), ("'", False), ("uv\nuv", False),
    ],
)  # fmt: skip
def test_a_variable_with_a_value(
    shell: list[str], example: ExampleBuildpack, value: str, matches: bool
) -> None:
    """It comes from the environment, or where that is cleared from the platform's files; never a pattern."""
    alternative(example, "10-x", "$BP_TOOL is uv\n")
    alternative(example, "20-y", "$BP_TOOL is two words without a\n")
    assert detect(shell, example, BP_TOOL=value).returncode == (0 if matches else 100)
    (example.platform / "env").mkdir(parents=True, exist_ok=True)
    (example.platform / "env/BP_TOOL").write_text(value)
    done = detect(shell, example)
    # Of a file the first line counts: none of our words has two.
    assert done.returncode == (0 if matches or value.startswith("uv\n") else 100)
    assert_matched(detect(shell, example, BP_TOOL="two words"), example, "# 20-y\n")


@pytest.mark.parametrize(
    "name", ["a b.txt", "it's", 'a"b', "a\\b", "x y", "-f", "(", "*", "é", "sub dir/x", "a;b", "!"]
)
def test_odd_names_and_line_ends(shell: list[str], example: ExampleBuildpack, name: str) -> None:
    texts = ["{}", "{}\n", "{}\r\n", "  {}\t\n", "# none\r\n\r\n{}\r\nabsent\r\n", "absent\n{}"]
    alternative(example, "10-x", texts[0].format(name))
    assert detect(shell, example).returncode == 100
    (example.app / name).parent.mkdir(exist_ok=True)
    (example.app / name).touch()
    for text in texts:
        example.plan.write_text("")
        (example.directory / "detect/10-x/markers").write_bytes(text.format(name).encode())
        assert_matched(detect(shell, example), example, "# 10-x\n")


@pytest.mark.parametrize("name", ["lock.dev.toml", "lock.a b.toml", "lock.*.toml", "lock.é.toml"])
def test_a_star_stands_for_any_characters(shell: list[str], example: ExampleBuildpack, name: str) -> None:
    alternative(example, "10-x", "lock.*.toml\n")
    (example.app / "lock.toml").touch()
    (example.app / "lock.dir.toml").mkdir()
    assert detect(shell, example).returncode == 100
    (example.app / name).touch()
    assert_matched(detect(shell, example), example, "# 10-x\n")


def test_other_patterns_are_names(shell: list[str], example: ExampleBuildpack) -> None:
    alternative(example, "10-x", "[a]?.txt\n")
    (example.app / "ab.txt").touch()
    assert detect(shell, example).returncode == 100


@pytest.mark.parametrize(
    ("text", "there"),
    [
        ("[project]\n", True),
        ('[tool.x]\ny = 1\r\n  [project]  # ours\r\nname = "a"', True),
        ("[project.scripts]", True),
        ("\ufeff[project]\n", True),
        ('[ project ]\nname = "a"\n', True),
        ("['project']\n", True),
        ('["project"]\n', True),
        ('# ours\nproject.name = "a"\n', True),
        ('project = { name = "a" }\n', True),
        ('[tool.x]\nproject.name = "a"\nproject = 1\n', False),
        ("projects = 1\n", False),
        ("[projects]\n[tool.project]\n# [project]\nproject\n", False),
        ("", False),
        ("\\[project]\n*\n", False),
    ],
)
def test_a_table_of_a_file_is_looked_for(
    shell: list[str], example: ExampleBuildpack, text: str, there: bool
) -> None:
    alternative(example, "10-x", "py project.toml has [project]\n")
    assert detect(shell, example).returncode == 100
    (example.app / "py project.toml").write_bytes(text.encode())
    assert detect(shell, example).returncode == (0 if there else 100)


@pytest.mark.parametrize(("target", "there"), [("../requirements.txt", True), ("b", False), ("", False)])
def test_a_link_to_nothing_is_looked_for(
    shell: list[str], example: ExampleBuildpack, target: str, *, there: bool
) -> None:
    """As it is left where only a part of a repository is uploaded."""
    (example.app / "b").touch()
    if target:
        (example.app / "a b.txt").symlink_to(target)
    message(example, "10-x", "a b.txt leads nowhere\n", "{} is a link\n")
    done = detect(shell, example)
    assert (done.returncode, done.stderr) == (100, "a b.txt is a link\n" if there else "")


def test_a_message_says_why_there_is_no_plan(shell: list[str], example: ExampleBuildpack) -> None:
    alternative(example, "10-x", "good\n")
    for name, text in (("20-a", "Use *.b,\n  $HOME `x` \\n.\n"), ("30-b", "never shown\n")):
        alternative(example, name, "bad\n")
        (example.directory / "detect" / name / "plan.toml").rename(
            example.directory / "detect" / name / "message.txt"
        )
        (example.directory / "detect" / name / "message.txt").write_text(text)
    reason = "[Strata] Not for this app, none of these is there: good\n"
    done = detect(shell, example)
    assert (done.returncode, done.stdout, done.stderr) == (100, reason, "")
    (example.app / "bad").touch()
    done = detect(shell, example)
    assert (done.returncode, done.stdout) == (100, reason)
    assert done.stderr == "Use *.b,\n  $HOME `x` \\n.\n"
    assert example.plan.read_text() == ""
    (example.app / "good").touch()
    assert_matched(detect(shell, example), example, "# 10-x\n")


def message(example: ExampleBuildpack, name: str, markers: str, text: str) -> None:
    alternative(example, name, markers)
    (example.directory / "detect" / name / "plan.toml").unlink()
    (example.directory / "detect" / name / "message.txt").write_text(text)


@pytest.mark.parametrize(
    ("marker", "files", "there"),
    [
        ("a.toml has [x] without b.lock", ["a.toml"], True),
        ("a.toml has [x] without b.lock", ["a.toml", "b.lock"], False),
        ("a.toml has [x] without b.lock c.lock", ["a.toml", "c.lock"], False),
        ("a.* without *.lock", ["a.toml"], True),
        ("a.* without *.lock", ["a.toml", "x.lock"], False),
        ("$BP_X without *", ["a.toml"], False),
        ("a.toml without\tb", ["a.toml"], False),
        ("b.lock without a.toml", [], False),
    ],
)
def test_a_marker_may_ask_for_the_absence_of_files(
    shell: list[str], example: ExampleBuildpack, marker: str, files: list[str], there: bool
) -> None:
    alternative(example, "10-x", f"{marker}\n")
    for name in files:
        (example.app / name).write_text("[x]\n")
    done = detect(shell, example, BP_X="1")
    assert done.returncode == (0 if there else 100)
    if not there and " without " in marker:
        assert done.stdout.endswith(f": {marker.partition(' without ')[0]}\n")


@pytest.mark.parametrize(
    ("marker", "file", "shown"),
    [
        ("x.txt", "x.txt", "x.txt"),
        ("a/*.txt without b", "a/it's.txt", "a/it's.txt"),
        ("*/*/x", "a/b/x", "a/b/x"),
        ("x.toml has [t] without b", "x.toml", "x.toml"),
        ("$BP_X without b", "", "$BP_X"),
        ("*.txt", "a\x1b[31mb.txt", "a file with a strange name"),
        ("*.txt", "a\x9b31mb.txt", "a file with a strange name"),
        ("*.txt", "a\u202etxt.exe.txt", "a file with a strange name"),
        ("*.txt", "a\u2066b.txt", "a file with a strange name"),
        ("*.txt", "::error::b.txt", "a file with a strange name"),
        ("*.txt", "##vso[task.b.txt", "a file with a strange name"),
        ("*.txt", "größe 漢字 “x”.txt", "größe 漢字 “x”.txt"),
    ],
)
def test_a_message_says_what_was_found(
    shell: list[str], example: ExampleBuildpack, marker: str, file: str, shown: str
) -> None:
    message(example, "10-x", f"absent\n{marker}\n", "{} is there\nset A={}\n")
    if file:
        (example.app / file).parent.mkdir(parents=True, exist_ok=True)
        (example.app / file).write_text("[t]\n")
    done = detect(shell, example, BP_X="1")
    assert (done.returncode, done.stdout) == (100, "")
    assert done.stderr == f"{shown} is there\nset A={shown}\n"


def test_a_message_may_come_before_the_plans(shell: list[str], example: ExampleBuildpack) -> None:
    message(example, "05-no", "$BP_NO\n", "not with {}\n")
    alternative(example, "10-x", None)
    assert_matched(detect(shell, example), example, "# 10-x\n")
    example.plan.write_text("")
    done = detect(shell, example, BP_NO="1")
    assert (done.returncode, done.stdout, done.stderr) == (100, "", "not with $BP_NO\n")
    (example.directory / "detect/05-no/markers").write_text("$BP_A\n$BP_NO\n$BP_B\n")
    assert detect(shell, example, BP_NO="1", BP_A="1").stderr == "not with $BP_A, $BP_NO\n"
    assert example.plan.read_text() == ""


def test_a_directory_is_no_marker_and_a_link_to_a_file_is_one(
    shell: list[str], example: ExampleBuildpack
) -> None:
    alternative(example, "10-x", "marker\n")
    (example.app / "marker").mkdir()
    assert detect(shell, example).returncode == 100
    (example.app / "marker").rmdir()
    (example.app / "file").touch()
    (example.app / "marker").symlink_to("file")
    assert_matched(detect(shell, example), example, "# 10-x\n")


def test_a_variable_counts_if_it_is_not_empty(shell: list[str], example: ExampleBuildpack) -> None:
    alternative(example, "10-x", "$BP_X")
    assert detect(shell, example, BP_X="").returncode == 100
    assert_matched(detect(shell, example, BP_X="*) '\"`"), example, "# 10-x\n")


def test_a_variable_may_be_a_file_of_the_platform(shell: list[str], example: ExampleBuildpack) -> None:
    """With clear-env they are not in the environment."""
    alternative(example, "10-x", "$BP_X\n")
    (example.platform / "env/BP_X").touch()
    assert detect(shell, example).returncode == 100
    (example.platform / "env/BP_X").write_text("1")
    assert_matched(detect(shell, example), example, "# 10-x\n")


@pytest.mark.parametrize("marker", ["$", "$1", "$A-B", "$A{", "$(touch ran)", "$A;touch ran"])
def test_what_is_no_variable_is_an_error_and_never_run(
    shell: list[str], example: ExampleBuildpack, marker: str
) -> None:
    alternative(example, "10-x", f"{marker}\n")
    done = detect(shell, example, PATH=os.environ["PATH"])
    assert done.returncode == 1
    assert f"not a variable: {marker}\n" in done.stderr
    assert not list(example.app.iterdir())


def test_variables_of_the_user_that_are_named_as_ours_change_nothing(
    shell: list[str], example: ExampleBuildpack
) -> None:
    alternative(example, "10-x", "absent\n")
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
    done = detect(shell, example, CDPATH=str(example.root), **dict.fromkeys(names, "x"))
    assert done.returncode == 100
    assert done.stdout.endswith("none of these is there: absent\n")


def test_positional_arguments_serve_where_variables_are_not_set(
    shell: list[str], example: ExampleBuildpack
) -> None:
    alternative(example, "10-x", "$BP_X\n")
    (example.platform / "env/BP_X").write_text("1")
    command = [*shell, str(example.directory / "bin/detect"), str(example.platform), str(example.plan)]
    done = subprocess.run(command, env={}, cwd=example.app, capture_output=True, text=True, check=False)
    assert_matched(done, example, "# 10-x\n")


def test_it_finds_its_directory_from_anywhere(shell: list[str], example: ExampleBuildpack) -> None:
    alternative(example, "10-x", None)
    (example.root / "link").symlink_to(example.directory)
    for script in (str(example.root / "link/bin/detect"), "../buildpack/bin/detect", "../link/bin//detect"):
        example.plan.write_text("")
        assert_matched(detect(shell, example, script, CDPATH=str(example.root)), example, "# 10-x\n")


def test_it_finds_its_directory_without_a_slash(shell: list[str], example: ExampleBuildpack) -> None:
    alternative(example, "10-x", None)
    environ = {"CNB_BUILD_PLAN_PATH": str(example.plan)}
    subprocess.run([*shell, "detect"], env=environ, cwd=example.directory / "bin", check=True)
    assert example.plan.read_text() == "# 10-x\n"


def test_cdpath_does_not_lead_it_astray(shell: list[str], example: ExampleBuildpack) -> None:
    alternative(example, "10-x", None)
    (example.root / "elsewhere/buildpack/bin").mkdir(parents=True)
    environ = {"CNB_BUILD_PLAN_PATH": str(example.plan), "CDPATH": str(example.root / "elsewhere")}
    subprocess.run([*shell, "buildpack/bin/detect"], env=environ, cwd=example.root, check=True)
    assert example.plan.read_text() == "# 10-x\n"


def test_only_the_plan_is_written(
    shell: list[str], example: ExampleBuildpack, without_privileges: list[str]
) -> None:
    alternative(example, "10-x", "marker\n")
    (example.app / "marker").touch()
    for directory in (example.root, example.app, example.directory):
        directory.chmod(0o555)
    assert_matched(detect([*without_privileges, *shell], example), example, "# 10-x\n")


def test_a_plan_that_cannot_be_written_is_an_error(shell: list[str], example: ExampleBuildpack) -> None:
    alternative(example, "10-x", None)
    done = detect(shell, example, CNB_BUILD_PLAN_PATH=str(example.root))
    assert done.returncode == 1
    assert f"[Strata] Error: cannot write the build plan {example.root}\n" in done.stderr


def test_a_full_disk_is_an_error(shell: list[str], example: ExampleBuildpack) -> None:
    alternative(example, "10-x", None)
    assert detect(shell, example, CNB_BUILD_PLAN_PATH="/dev/full").returncode == 1


def test_without_a_place_for_the_plan_it_says_so(shell: list[str], example: ExampleBuildpack) -> None:
    alternative(example, "10-x", None)
    done = detect(shell, example, CNB_BUILD_PLAN_PATH="")
    assert (done.returncode, done.stderr) == (1, "[Strata] Error: CNB_BUILD_PLAN_PATH is not set\n")


@pytest.mark.parametrize("present", [False, True])
def test_a_broken_buildpack_is_an_error_and_not_a_refusal(
    shell: list[str], example: ExampleBuildpack, present: bool
) -> None:
    if present:
        (example.directory / "detect/10-x").mkdir(parents=True)
    done = detect(shell, example)
    assert done.returncode == 1
    assert "plan.toml is missing" in done.stderr
