"""What uv is told in the place of a requirements file: what pip would have read in it, or an error."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from app_venv.inputs.pinning import Evidence
from app_venv.inputs.requirement_files import read_requirements
from app_venv.installers.uv.pip_files import file_for_uv, project_of, trusted_hosts
from buildpack_api.errors import ConfigurationError
from buildpack_api.interpreter import Interpreter

HERE = Interpreter(Path(sys.executable), "3.13.0", "3.13", "")
HASH, OTHER = f"--hash=sha256:{'a' * 64}", f"--hash=sha256:{'b' * 64}"
LEFT = f"left==1.0 {HASH}"


def told(app: Path, *lines: str, variables: dict[str, str] | None = None, constraint: str = "") -> list[str]:
    """Return the lines that uv gets of a requirements.txt."""
    (app / "requirements.txt").write_text("".join(f"{line}\n" for line in lines))
    found = Evidence()
    constraints = [constraint] if constraint else []
    read_requirements(["requirements.txt"], constraints, app, variables or {}, found)
    return file_for_uv(found.lines, HERE, app).splitlines()


def refused(app: Path, *lines: str, constraint: str = "") -> str:
    """Return the details of the error."""
    with pytest.raises(ConfigurationError) as failed:
        told(app, *lines, constraint=constraint)
    return failed.value.detail


def test_variables_are_filled_in_wherever_pip_does_that(tmp_path: Path) -> None:
    """In addresses only uv would do it."""
    assert told(tmp_path, f"left==${{LEFT}} {HASH}", variables={"LEFT": "1.0"}) == [LEFT]


def test_what_means_nothing_where_all_is_pinned_is_left_out(tmp_path: Path) -> None:
    """Of some uv would warn, at others it would end."""
    lines = ("--pre", "--prefer-binary", "--require-hashes", "--use-feature=fast-deps", "--only-final left")
    assert told(tmp_path, *lines, LEFT) == [LEFT]


def test_an_index_of_a_file_leaves_out_those_before_it(tmp_path: Path) -> None:
    """As in pip, whichever file has it; a nested file with another one would be an error of uv."""
    (tmp_path / "more.txt").write_text("-i https://two/simple\n--extra-index-url https://three/simple\n")
    lines = told(tmp_path, "--index-url https://one/simple", "-r more.txt", LEFT)
    assert lines == ["--index-url https://two/simple", "--extra-index-url https://three/simple", LEFT]
    lines = told(tmp_path, "--index-url https://one/simple", "--no-index", LEFT)
    assert lines == ["--no-index", LEFT]


def test_links_count_from_the_file_that_names_them_and_paths_from_the_app(tmp_path: Path) -> None:
    """As in pip; the file that uv gets lies somewhere else."""
    (tmp_path / "a b/wheels").mkdir(parents=True)
    wheel = f"./wheels/left-1.0-py3-none-any.whl ; python_version > '3' {HASH}"
    (tmp_path / "a b/more.txt").write_text(f"-f wheels\n-f https://links/\n-f nowhere\n{wheel}\n")
    root = f"file://{tmp_path}"
    assert told(tmp_path, '-r "a b/more.txt"') == [
        f"--find-links {root}/a%20b/wheels",
        "--find-links https://links/",
        f"--find-links {root}/nowhere",
        f"{root}/wheels/left-1.0-py3-none-any.whl; python_version > '3' {HASH}",
    ]


def test_kinds_of_files_are_told_one_by_one(tmp_path: Path) -> None:
    """For each uv takes one name."""
    lines = told(tmp_path, "--no-binary left,right", "--only-binary=:all:", LEFT)
    assert lines == ["--no-binary left", "--no-binary right", "--only-binary :all:", LEFT]


def test_trusted_hosts_are_found_in_all_files(tmp_path: Path) -> None:
    """In a file uv passes over them: it is told otherwise."""
    (tmp_path / "requirements.txt").write_text(f"--trusted-host one --trusted-host two:8080\n{LEFT}\n")
    found = Evidence()
    read_requirements(["requirements.txt"], (), tmp_path, {}, found)
    assert trusted_hosts(found.lines) == ("one", "two:8080")


@pytest.mark.parametrize(
    "limit",
    [
        "left<2",
        "left",
        "left==2.0; python_version < '3'",
        f"left==1.0 {HASH} {OTHER}",
        "other==9",
        "--index-url https://i/",
    ],
)
def test_constraints_that_allow_what_is_pinned_say_nothing_more(tmp_path: Path, limit: str) -> None:
    """They would have to be pinned as well for uv."""
    (tmp_path / "c.txt").write_text(f"{limit}\n")
    assert told(tmp_path, "-c c.txt", LEFT)[-1] == LEFT
    assert told(tmp_path, LEFT, constraint="c.txt")[-1] == LEFT


@pytest.mark.parametrize("limit", ["left<1", "left!=1.0", f"left {OTHER}"])
def test_a_constraint_that_excludes_what_is_pinned_is_an_error_with_both_lines(
    tmp_path: Path, limit: str
) -> None:
    """As with pip, whether a file names it or PIP_CONSTRAINT; a line for another Python does not count."""
    (tmp_path / "c.txt").write_text(f"{limit}\n")
    shown = limit.partition(" --hash")[0]
    said = f"requirements.txt:2 (left==1.0) is more than c.txt:1 ({shown}) allows"
    assert refused(tmp_path, "-c c.txt", LEFT) == said
    assert refused(tmp_path, f"left==0.9; python_version < '3' {HASH}", LEFT, constraint="c.txt") == said


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (f"{LEFT} --hash=md5:{'0' * 32}", "requirements.txt:1 has a hash that pip does not take: md5:0000"),
        (f"{LEFT} --config-settings=a=b", "requirements.txt:1 has --config-settings"),
        ("-c https://host/c.txt", "requirements.txt:1 has constraints that are somewhere else"),
        ("-c c.txt", "c.txt:1 (left @ https://host/left.whl) is a constraint that only pip understands"),
    ],
)
def test_what_uv_cannot_be_told_is_refused_by_its_line(tmp_path: Path, line: str, said: str) -> None:
    (tmp_path / "c.txt").write_text("left @ https://host/left.whl\n")
    assert refused(tmp_path, line).startswith(said)


@pytest.mark.parametrize(
    ("requirement", "name"),
    [
        ("Left_One[a,b]==1.0 ; python_version > '3'", "left-one"),
        ("left @ https://host/x-1.0.tar.gz", "left"),
        ("https://host/files/left_one-1.0-py3-none-any.whl#sha256=00", "left-one"),
        ("./wheels/Left.One-1.0.tar.gz", "left-one"),
        ("left-one-1.0.zip[extra]", "left-one"),
        ("https://host/download?file=1", ""),
    ],
)
def test_the_project_that_a_line_is_about(requirement: str, name: str) -> None:
    """Also where only the name of a file tells it."""
    assert project_of(requirement) == name
