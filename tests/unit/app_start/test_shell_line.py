"""A line starts as its author means it: the same words, the app as first process, arguments and signals."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app_start.shell_line import UnfinishedLineError, shell_command

if TYPE_CHECKING:
    from pathlib import Path

SHELLS = [name for name in ("dash", "bash", "busybox") if shutil.which(name)]


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("gunicorn app:app", ("gunicorn", "app:app")),
        ("  gunicorn\tapp:app  ", ("gunicorn", "app:app")),
        ("gunicorn 'app:create_app()'", ("gunicorn", "app:create_app()")),
        ("python -c \"print('a b')\"", ("python", "-c", "print('a b')")),
        ('run "a\\"b" c\\ d', ("run", 'a"b', "c d")),
        ("run a=b x#y", ("run", "a=b", "x#y")),
        ("bash -c 'a && b'", ("bash", "-c", "a && b")),
    ],
)
def test_what_needs_no_shell_has_none(line: str, command: tuple[str, ...]) -> None:
    """It runs in an image without one."""
    found = shell_command(line, "web")
    assert found.command == command
    assert found.shell == ""


@pytest.mark.parametrize(
    ("line", "script"),
    [
        ("gunicorn -b :$PORT app", 'exec gunicorn -b :$PORT app "$@"'),
        ('gunicorn -b ":${PORT:-80}" app', 'exec gunicorn -b ":${PORT:-80}" app "$@"'),
        ("a `b c` d", 'exec a `b c` d "$@"'),
        ("a $(b $(c) ')') d", "exec a $(b $(c) ')') d \"$@\""),
        ("A=1 B='x y' run z", "A=1 B='x y' exec run z \"$@\""),
        ("run *.py", 'exec run *.py "$@"'),
        ("~/run", 'exec ~/run "$@"'),
        ("run >log 2>&1", 'exec run >log 2>&1 "$@"'),
        ("exec run $X", 'exec run $X "$@"'),
        ("exec run", 'exec run "$@"'),
        ("migrate && run", 'migrate && exec run "$@"'),
        ("cd web; run", 'cd web; exec run "$@"'),
        ("export A=1 && cd x && A=2 run 'a;b'", "export A=1 && cd x && A=2 exec run 'a;b' \"$@\""),
        ("$PROGRAM x", 'exec $PROGRAM x "$@"'),
    ],
)
def test_the_app_takes_the_place_of_the_shell(line: str, script: str) -> None:
    """One simple command, or a list that ends in one: it is the first process, and gets the arguments."""
    found = shell_command(line, "web")
    assert found.command == ("sh", "-c", script, "web")
    assert (found.replaces_shell, found.takes_arguments) == (True, True)


@pytest.mark.parametrize(
    "line",
    [
        "a | b",
        "a || b",
        "a & b",
        "a &",
        "a;",
        "(a)",
        "{ a; }",
        "while a; do b; done",
        "a # b",
        "cd x",
        "A=1",
        "! a",
        "if a; then b; fi",
        "a && (b)",
        "a && cd b",
        "a && b | c",
    ],
)
def test_other_lines_keep_their_shell(line: str) -> None:
    """`exec` would change them; what is appended would belong to something else."""
    found = shell_command(line, "web")
    assert (found.replaces_shell, found.takes_arguments) == (False, False)
    assert f"{{ {line}\n}}" in found.command[2]


@pytest.mark.parametrize("line", ["a 'b", 'a "b', "a `b", "a $(b", "a ${b", 'a "$(b"'])
def test_what_no_shell_understands_is_told(line: str) -> None:
    with pytest.raises(UnfinishedLineError):
        shell_command(line, "web")


@pytest.mark.parametrize(
    ("line", "shell"),
    [
        ("source x && run", "bash"),
        ("[[ -f x ]] && run", "bash"),
        ("run &>log", "bash"),
        ("run ${A//a/b}", "bash"),
        ("run <(a)", "bash"),
        ("run ${A:-b}", "sh"),
        ("run 2>&1", "sh"),
        ("run sources $X", "sh"),
    ],
)
def test_what_only_bash_knows_gets_it(line: str, shell: str) -> None:
    assert shell_command(line, "web").command[0] == shell


@pytest.mark.parametrize(
    ("line", "programs"),
    [
        ("python manage.py migrate && gunicorn x", ("python", "gunicorn")),
        ("A=1 exec env B=2 uvicorn x | tee log", ("uvicorn", "tee")),
        ("cd x; ./run", ("./run",)),
        ("if a; then b; fi", ("a", "b")),
        ("$X y", ()),
    ],
)
def test_programs_are_named(line: str, programs: tuple[str, ...]) -> None:
    assert shell_command(line, "web").programs == programs


WORDS = st.sampled_from(
    [
        "a",
        "b c",
        "'d  e'",
        '"f $X g"',
        "$X",
        "h\\ i",
        "${Y:-j}",
        "$(printf k)",
        "`printf l`",
        "*.z",
        "m=n",
        "~x",
        "'$X'",
        '"\\$X"',
        "#o",
        "p#q",
        "''",
        '""',
        "$((1+1))",
        "\\\\",
    ]
)
COMMANDS = st.tuples(
    st.sampled_from(["printf '[%s]'", "A=1 printf '[%s]'", "true", "false", "echo", "! true"]),
    st.lists(WORDS, max_size=3).map(" ".join),
    st.sampled_from(["", "", "2>&1", ">/dev/null"]),
).map(lambda parts: " ".join(part for part in parts if part))
LINES = st.lists(
    st.tuples(COMMANDS, st.sampled_from([" && ", "; ", " || ", " | ", ";", "&&"])), min_size=1, max_size=3
).map(lambda parts: "".join(command + separator for command, separator in parts[:-1]) + parts[-1][0])


@pytest.mark.parametrize("shell", SHELLS)
@settings(max_examples=60, deadline=None)
@given(line=LINES)
def test_a_line_does_what_it_does_in_a_shell(shell: str, line: str) -> None:
    """Output and exit code, with every shell of this machine: what is added changes nothing."""
    program = ["busybox", "sh"] if shell == "busybox" else [shell]
    environment = {"PATH": os.environ["PATH"], "X": "x  y", "HOME": "/nowhere"}
    command = shell_command(line, "web").command
    if command[0] == "sh":
        command = (*program, *command[1:])
    found, expected = (
        subprocess.run(one, env=environment, cwd="/", capture_output=True, check=False)
        for one in (command, [*program, "-c", line])
    )
    assert (found.stdout, found.returncode) == (expected.stdout, expected.returncode)


@pytest.mark.parametrize(
    "line", ["printf '[%s]' a", "printf '[%s]' $X", "true && printf '[%s]' a", "X=1 printf '[%s]' a >&1"]
)
def test_arguments_of_the_user_reach_the_app(line: str) -> None:
    command = [*shell_command(line, "web").command, "b c", "$d"]
    done = subprocess.run(
        command, env={"PATH": os.environ["PATH"], "X": "a"}, capture_output=True, check=True
    )
    assert done.stdout == b"[a][b c][$d]"


@pytest.mark.parametrize(
    "line", ["sleep 60", "sleep $X", "true; sleep 60", "sleep 60 | cat", "sleep 60 || true"]
)
def test_sigterm_ends_it(line: str, tmp_path: Path) -> None:
    """Whichever way it is started, and with nothing left behind that reads or writes the log."""
    environment = {"PATH": os.environ["PATH"], "X": "60"}
    command = shell_command(f"echo started; {line}", "web").command
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == b"started\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) in (-signal.SIGTERM, 128 + signal.SIGTERM)
        os.killpg(process.pid, signal.SIGKILL) if _group_lives(process.pid) else None


def _group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
