from __future__ import annotations

import io
import subprocess
from typing import TYPE_CHECKING

import pytest

from buildpack_api.errors import BuildpackError
from buildpack_api.output import Output
from unit.buildpack_api.example_buildpack import ExampleBuildpack

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


def test_lines_are_plain_and_indented(stream: io.StringIO) -> None:
    output = Output(stdout=stream)
    output.heading("Example 1.2.3")
    output.step("Python 3.13.0\nfrom .python-version")
    output.detail("more")
    assert stream.getvalue() == (
        "[Strata] Example 1.2.3\n  Python 3.13.0\n  from .python-version\n    more\n"
    )


def test_an_error_has_title_detail_and_advice_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    Output().error(BuildpackError("What is wrong", detail="Why:\n  because", advice="What to do"))
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "[Strata] Error: What is wrong\n  Why:\n    because\n  What to do\n"


def test_a_warning_may_have_a_text(stream: io.StringIO) -> None:
    output = Output(stdout=stream)
    output.warning("Old Python")
    output.warning("Old Python", "Its end of life is near.")
    assert stream.getvalue() == (
        "[Strata] Warning: Old Python\n[Strata] Warning: Old Python\n  Its end of life is near.\n"
    )


def test_long_paragraphs_are_wrapped_and_paths_are_not_broken(stream: io.StringIO) -> None:
    path = "/" + "a-long-path/" * 12
    Output(stdout=stream).warning("Title", f"{'word ' * 30}{path} end")
    lines = stream.getvalue().splitlines()
    assert f"  {path}" in [line[: len(path) + 2] for line in lines]
    assert all(len(line) <= 102 or path in line for line in lines)


def test_the_summary_is_aligned(stream: io.StringIO) -> None:
    Output(stdout=stream).summary(
        "Done", [("python", "reused"), ("pip", "made: no layer was restored"), ("x", "")]
    )
    assert stream.getvalue() == (
        "[Strata] Done\n  python  reused\n  pip     made: no layer was restored\n  x\n"
    )
    Output(stdout=stream).summary("Empty", [])


def test_control_characters_of_the_app_do_not_reach_the_terminal(stream: io.StringIO) -> None:
    Output(stdout=stream).step("version \x1b[31m\r\x00\udcff é\t漢")
    assert stream.getvalue() == "  version \\x1b[31m\\r\\x00\\udcff é\t漢\n"


def test_credentials_are_not_printed(stream: io.StringIO) -> None:
    output = Output(stdout=stream, stderr=stream)
    output.step("from https://user:pass@example.org")
    output.error(BuildpackError("https://user:pass@example.org", detail="https://user:pass@example.org"))
    output.traceback("https://user:pass@example.org")
    assert "pass" not in stream.getvalue()
    assert stream.getvalue().count("https://***@example.org") == 4


def test_progress_is_told_every_five_seconds_at_most(stream: io.StringIO) -> None:
    seconds = iter([0.0, 1.0, 5.5, 6.0, 11.0, 12.0])
    output = Output(stdout=stream, clock=lambda: next(seconds))
    for megabytes in (1, 2, 3, 4, 5, 10):
        output.progress("Downloading", megabytes * 1_000_000, 10_000_000)
    assert stream.getvalue() == (
        "    Downloading: 3.0 of 10.0 MB (30 %)\n    Downloading: 5.0 of 10.0 MB (50 %)\n"
    )


def test_progress_without_a_known_end(stream: io.StringIO) -> None:
    seconds = iter([0.0, 7.0])
    output = Output(stdout=stream, clock=lambda: next(seconds))
    output.progress("Downloading", 0, None)
    output.progress("Downloading", 1_500_000, None)
    assert stream.getvalue() == "    Downloading: 1.5 MB\n"


def test_fast_work_shows_no_progress(stream: io.StringIO) -> None:
    output = Output(stdout=stream, clock=lambda: 1.0)
    for done in range(11):
        output.progress("Downloading", done, 10)
    assert stream.getvalue() == ""


def test_a_reader_that_goes_away_does_not_end_the_build(tmp_path: Path) -> None:
    """Also not the programs that are started afterwards."""
    talkative = ExampleBuildpack.create(
        tmp_path,
        "from buildpack_api import commands\n"
        "from pathlib import Path\n"
        "for number in range(5000): context.output.step('x' * 80)\n"
        "commands.run(['echo', 'hello'], env=context.environment)\n"
        "Path('finished').touch()",
    )
    process = subprocess.Popen(
        talkative.command(),
        env=talkative.environment(),
        cwd=talkative.app,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, b"")
    assert (talkative.app / "finished").exists()


def test_no_value_begins_a_line_of_its_own(stream: io.StringIO) -> None:
    """The name of an app's file could claim to be an error of the buildpack, or a command to the CI."""
    name = "a\n[Strata] Error: x\n::error::y"
    output = Output(stdout=stream, stderr=stream)
    output.heading(name)
    output.warning(name)
    output.error(BuildpackError(name))
    output.summary("End", [("row", name)])
    lines = stream.getvalue().splitlines()
    assert len(lines) == 5
    assert not [line for line in lines if line.lstrip().startswith("::") or " Error: x" in line[:12]]
