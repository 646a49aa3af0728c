from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from buildpack_api.commands import capture, display, run, run_unseen, run_with_tail
from buildpack_api.errors import CommandFailed
from unit.buildpack_api.example_buildpack import ExampleBuildpack

ENV = {"PATH": os.environ["PATH"], "A": "1"}


def test_output_goes_straight_through_in_order(capfd: pytest.CaptureFixture[str]) -> None:
    print("before", end=" ")  # noqa: T201  (not flushed yet when the child writes)
    run(["sh", "-c", "echo out; echo err >&2"], env=ENV)
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("before out\n", "err\n")


def test_capture_returns_stdout_alone(capfd: pytest.CaptureFixture[str]) -> None:
    assert capture(["sh", "-c", r"printf 'a\377\n'; echo err >&2"], env=ENV) == "a\udcff\n"
    assert capfd.readouterr().err == "err\n"


def test_the_child_gets_exactly_the_given_environment_and_directory(tmp_path: Path) -> None:
    names = capture([sys.executable, "-I", "-S", "-c", "import os; print(sorted(os.environ))"], env=ENV)
    assert eval(names) in (["A", "PATH"], ["A", "LC_CTYPE", "PATH"])  # noqa: S307  (PEP 538 adds one)
    assert capture(["pwd", "-P"], env=ENV, cwd=tmp_path).strip() == str(tmp_path.resolve())


def test_the_program_is_looked_up_on_the_path_of_the_child(tmp_path: Path) -> None:
    program = tmp_path / "only-here"
    program.write_text("#!/bin/sh\necho found\n")
    program.chmod(0o755)
    assert capture(["only-here"], env={"PATH": str(tmp_path)}) == "found\n"


def test_the_tail_has_both_streams_and_the_code_and_no_credentials(capfd: pytest.CaptureFixture[str]) -> None:
    script = "echo first; echo https://user:secret@host/ >&2; exit 3"
    code, tail = run_with_tail(["sh", "-c", script], env=ENV)
    captured = capfd.readouterr()
    assert code == 3
    assert tail == captured.out
    assert tail.startswith("first\nhttps://")
    assert "secret" not in tail
    assert captured.err == ""


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("a" * 3_000_000, "a" * 32768 + " [... this line has 3000001 bytes]"),
        ("word " * 100_000, ("word " * 7000)[: 32766 - 32766 % 5 - 1] + " [... this line has 500001 bytes]"),
        ("x" * 32767, "x" * 32767),
        (f"{'x' * 32700} https://user:{'s3cret' * 100}@h/", f"{'x' * 32700} [... this line has 33318 bytes]"),
    ],
)
def test_a_line_without_end_is_cut_and_does_not_end_in_half_a_secret(
    line: str, shown: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Protects the memory of a build, whatever a program writes."""
    (tmp_path / "lines").write_text(f"{line}\nafter\n{line}")
    code, tail = run_with_tail(["cat", tmp_path / "lines"], env=ENV)
    unended = shown.replace(f"{len(line) + 1} bytes", f"{len(line)} bytes")
    assert code == 0
    assert tail.splitlines() == [shown, "after", unended]
    assert capfd.readouterr().out == tail


def test_memory_does_not_grow_with_a_line(tmp_path: Path) -> None:
    """In a process of its own, since what others have used counts too: 400 MB pass through a few."""
    program = (
        "import resource, sys; sys.path[:] = eval(sys.argv[1])\n"
        "from buildpack_api.commands import run_with_tail\n"
        "run_with_tail(['sh', '-c', 'head -c 1000000 /dev/zero'], env={'PATH': sys.argv[2]}, echo=False)\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "run_with_tail(['sh', '-c', 'head -c 400000000 /dev/zero'], env={'PATH': sys.argv[2]}, echo=False)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, repr(sys.path), ENV["PATH"]],
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(done.stdout) < 20_000  # KiB


def test_the_tail_of_a_talkative_program_is_bounded(capfd: pytest.CaptureFixture[str]) -> None:
    _, tail = run_with_tail(["seq", "5000"], env=ENV)
    assert tail.splitlines()[-1] == "5000"
    assert len(tail.splitlines()) < 1000
    assert len(capfd.readouterr().out.splitlines()) == 5000


def test_every_line_can_be_watched_and_none_need_be_shown(capfd: pytest.CaptureFixture[str]) -> None:
    seen: list[str] = []
    script = "echo one; echo https://me:secret@host/ >&2"
    code, tail = run_with_tail(["sh", "-c", script], env=ENV, watch=seen.append, echo=False)
    assert (code, "".join(seen)) == (0, tail)
    assert seen == ["one\n", "https://***@host/\n"]
    assert capfd.readouterr().out == ""


def test_what_runs_unseen_shows_nothing_and_tells_its_code(capfd: pytest.CaptureFixture[str]) -> None:
    assert run_unseen(["sh", "-c", "echo out; echo err >&2; exit 3"], env=ENV) == 3
    captured = capfd.readouterr()
    assert captured.out + captured.err == ""


def test_the_child_cannot_wait_for_input() -> None:
    assert capture(["cat"], env=ENV) == ""


def test_a_failure_names_program_code_and_command() -> None:
    with pytest.raises(CommandFailed, match="sh failed with exit code 3") as caught:
        run(["sh", "-c", "exit 3"], env=ENV)
    assert caught.value.command == ("sh", "-c", "exit 3")
    assert caught.value.returncode == 3
    assert caught.value.detail == "Command: sh -c 'exit 3'"


@pytest.mark.parametrize(
    ("script", "title", "returncode"),
    [
        ("kill -KILL $$", "sh was ended by signal 9 (SIGKILL)", -9),
        ("exit 137", "sh failed with exit code 137", 137),
    ],
)
def test_being_killed_is_explained(script: str, title: str, returncode: int) -> None:
    with pytest.raises(CommandFailed, match="out of memory") as caught:
        run(["sh", "-c", script], env=ENV)
    assert (caught.value.title, caught.value.returncode) == (title, returncode)


def test_other_signals_are_named() -> None:
    with pytest.raises(CommandFailed, match="SIGSEGV"):
        run(["sh", "-c", "kill -SEGV $$"], env=ENV)


@pytest.mark.parametrize("program", ["no-such-program", "/no/such/program"])
def test_a_missing_program_is_said_clearly(program: str) -> None:
    with pytest.raises(CommandFailed, match=rf"Cannot run {program}: .*no such program") as caught:
        run([program, "argument"], env=ENV)
    assert caught.value.returncode == 127


def test_a_program_whose_interpreter_is_missing_is_not_called_missing(tmp_path: Path) -> None:
    program = tmp_path / "script"
    program.write_text("#!/no/such/interpreter\n")
    program.chmod(0o755)
    with pytest.raises(CommandFailed, match="the interpreter named in its first line"):
        run([program], env=ENV)


def test_a_file_that_is_not_executable(tmp_path: Path) -> None:
    program = tmp_path / "script"
    program.touch(0o644)
    with pytest.raises(CommandFailed, match="Permission denied") as caught:
        run([program], env=ENV)
    assert caught.value.returncode == 126


def test_a_missing_directory_is_said_clearly(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match=r"the directory .*absent does not exist"):
        run(["true"], env=ENV, cwd=tmp_path / "absent")


def test_no_credentials_in_errors() -> None:
    with pytest.raises(CommandFailed) as caught:
        run(["false", "--index-url=https://user:pass@example.org/"], env=ENV)
    assert "pass" not in str(caught.value)
    assert "***@example.org" in caught.value.detail


def test_display_quotes_what_a_shell_would_split() -> None:
    assert display(["pip", "a b", "https://u:p@h"]) == "pip 'a b' https://***@h"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_child_ends_with_us(tmp_path: Path, number: signal.Signals) -> None:
    """A child that outlives the build would go on writing into its layers."""
    example = ExampleBuildpack.create(
        tmp_path,
        "from buildpack_api import commands\n"
        "commands.run(['sh', '-c', 'echo $$; exec sleep 600'], env=context.environment)",
    )
    process = subprocess.Popen(
        example.command(),
        env=example.environment(),
        cwd=example.app,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "[Strata] Example 1.2.3\n"
    child = int(process.stdout.readline())
    process.send_signal(number)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 128 + number
    assert errors == f"[Strata] Error: stopped by {number.name}\n"
    assert not is_running(child)


def is_running(pid: int) -> bool:
    """Whether the process is there, and not just waiting to be reaped by a lazy init."""
    for _ in range(50):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return False
        if state == "Z":
            return False
        time.sleep(0.1)
    return True


def test_what_does_not_end_in_time_is_ended(capfd: pytest.CaptureFixture[str]) -> None:
    """With what it has said until then; one that ends by itself is left alone."""
    with pytest.raises(CommandFailed, match=r"sh did not end within 0\.2 s"):
        run_with_tail(["sh", "-c", "echo said; exec sleep 600"], env=ENV, time_limit=0.2)
    assert capfd.readouterr().out in ("said\n", "")
    assert run_with_tail(["sh", "-c", "echo done"], env=ENV, time_limit=600) == (0, "done\n")


def test_what_a_program_says_drives_no_terminal_and_no_ci(capfd: pytest.CaptureFixture[str]) -> None:
    """A setup.py may print what it likes; who reads the tail gets it as it was."""
    code, tail = run_with_tail(["printf", r"\033[31mred\n::error::no\n"], env=ENV)
    assert (code, tail) == (0, "\x1b[31mred\n::error::no\n")
    assert capfd.readouterr().out == "\\x1b[31mred\n\\x3a:error::no\n"
