"""The command line: what is measured, and what is refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from benchmarks import __main__ as program
from benchmarks.rows import Row, Series, Skipped
from buildpack_release.errors import MissingToolError, ReleaseError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.bench import Bench


ROOT = Path(__file__).resolve().parents[3]


def test_they_need_neither_pytest_nor_a_buildpack() -> None:
    """Their environment has none of these, whatever helpers they share with tests."""
    folders = (ROOT / "tests", *ROOT.glob("packages/*/src"))
    code = "import sys; sys.modules['pytest'] = None; import benchmarks.__main__"
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, folders))}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def one_row(bench: Bench) -> Iterator[Row]:
    assert bench.scratch.is_dir()
    yield Row(group="good", what="rounds", against="nothing", ours=Series((float(bench.rounds),)))


def no_tool(bench: Bench) -> Iterator[Skipped]:
    yield Skipped("lacking", "first", "no reason")
    raise MissingToolError("No such program on PATH")


def broken(bench: Bench) -> Iterator[Row]:
    yield from one_row(bench)
    raise ReleaseError("it broke")


@pytest.fixture
def groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "GROUPS", {"good": one_row, "lacking": no_tool, "broken": broken})


@pytest.mark.usefixtures("groups")
def test_groups_are_chosen_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Only what is asked for runs; the table is on stdout, progress and the next command on stderr."""
    assert program.main(["good", "--runs", "7", "--output", str(tmp_path / "out")]) == 0
    out, err = capsys.readouterr()
    assert "| good: rounds | nothing | 7.00 s |" in out
    assert "[1/1] good" in err
    assert "--before" in err
    assert json.loads((tmp_path / "out" / "benchmarks.json").read_text())["settings"]["groups"] == ["good"]


@pytest.mark.usefixtures("groups")
def test_some_groups_are_measured_only_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody's disk is filled by a run of all groups."""
    monkeypatch.setattr(program, "NAMED_ONLY", {"broken", "lacking"})
    assert program.main(["--output", str(tmp_path)]) == 0
    assert "[1/1] good" in capsys.readouterr().err
    assert program.main(["broken", "--output", str(tmp_path)]) == 1


@pytest.mark.usefixtures("groups")
def test_what_fails_does_not_take_the_rest_with_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rows that were measured are reported; a missing program is named; a failure is said and exit code 1."""
    assert program.main(["--quick", "--output", str(tmp_path)]) == 1
    out, err = capsys.readouterr()
    assert "- not measured: lacking, all: No such program on PATH" in out
    assert out.count("| good: rounds | nothing | 2.00 s |") == 2
    assert "Error: broken could not be measured: it broke" in err


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["nonsense"], "there is no group nonsense"),
        (["--runs", "0"], "--runs must be at least 1"),
        (["--runs", "x"], "invalid int value"),
        (["--before", "/nowhere.json"], "is no report of an earlier run"),
    ],
)
def test_bad_arguments_are_refused_at_once(
    arguments: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is measured, with the exit code for usage."""
    with pytest.raises(SystemExit) as caught:
        program.main(arguments)
    assert caught.value.code == 2
    assert reason in capsys.readouterr().err
